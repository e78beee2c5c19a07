"""Computes the vectors of this directory with other libraries: a second reading of the protocol.

    pip install cryptography spake2
    python check.py
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from spake2 import SPAKE2_A, SPAKE2_B

HERE = pathlib.Path(__file__).parent
ORDER = 2**252 + 27742317777372353535851937790883648493

unhex = bytes.fromhex
unbase64 = base64.b64decode


def load(name):
    return json.loads((HERE / name).read_text())


def statement(*fields):
    """Each field, the domain first: its length in 32 bits, big endian, and its bytes."""
    out = b""
    for field in fields:
        if isinstance(field, str):
            field = field.encode()
        if isinstance(field, int):
            field = struct.pack(">Q", field)
        out += struct.pack(">I", len(field)) + field
    return out


def items(values):
    return [len(values), *values]


def sha256(data):
    return hashlib.sha256(data).digest()


def public(seed):
    key = Ed25519PrivateKey.from_private_bytes(unhex(seed)).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def verify(key, signed, signature):
    Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)


def parameters(p):
    return statement(
        "rv1 parameters", *items(p["versions"]), unbase64(p["application"]), unbase64(p["session"]),
        *items([] if p["expiry"] is None else [p["expiry"]]),
        p["network"], p["inviter"], p["invitee"], p["novice"],
    )


def check_handshake(session, lists):
    h1, h2, h3, h4 = (json.loads(session[name]) for name in ("h1", "h2", "h3", "h4"))
    key = {"inviter": public(session["inviter_seed"]), "invitee": public(session["invitee_seed"])}
    random_a, random_b = unhex(session["inviter_random"]), unhex(session["invitee_random"])
    assert unbase64(h1["key"]) == key["inviter"] and unbase64(h2["key"]) == key["invitee"]
    assert unbase64(h3["random"]) == random_a and unbase64(h2["random"]) == random_b

    p = parameters(h1["parameters"])
    commitment = sha256(statement("rv1 commit", p, key["inviter"], random_a))
    assert unbase64(h1["commitment"]) == commitment
    s1 = statement("rv1 h1", p, key["inviter"], commitment)
    assert unbase64(h2["h1"]) == sha256(s1)
    s2 = statement("rv1 h2", key["invitee"], random_b, sha256(s1))
    th = sha256(statement("rv1 th", s1, s2, statement("rv1 h3", random_a)))
    verify(key["inviter"], statement("rv1 proof", "inviter", th), unbase64(h3["proof"]))
    verify(key["invitee"], statement("rv1 proof", "invitee", th), unbase64(h4["proof"]))
    for language, words in session["words"].items():
        assert words.split() == [lists[language][byte] for byte in sha256(statement("rv1 sas", th))[:3]]

    novice = h1["parameters"]["novice"]
    role = {"novice": novice, "expert": "invitee" if novice == "inviter" else "inviter"}
    media, of_novice, of_expert = (json.loads(session["bind"][name]) for name in ("media", "novice", "expert"))
    assert all(media[name] == of_expert[name] for name in ("generation", "fingerprint", "setup"))
    for side, bind in (("novice", of_novice), ("expert", of_expert)):
        signed = statement(
            "rv1 bind", role[side], th, bind["generation"], unbase64(of_novice["fingerprint"]),
            of_novice["setup"], unbase64(of_expert["fingerprint"]), of_expert["setup"],
        )
        verify(key[role[side]], signed, unbase64(bind["signature"]))

    sequence = {"novice": 0, "expert": 0}
    for context in session["context"]:
        side, message = context["from"], json.loads(context["message"])
        assert (message["sequence"], message["body"]) == (sequence[side], context["body"])
        signed = statement("rv1 ctx", role[side], th, sequence[side], context["body"])
        verify(key[role[side]], signed, unbase64(message["signature"]))
        sequence[side] += 1
    return th, key


def check_invite():
    vector = load("invite.json")
    invite, inviter, invitee = vector["invite"], public(vector["inviter_seed"]), public(vector["invitee_seed"])
    signed = statement(
        "rv1 invite", inviter, *items(invite["versions"]), unhex(invite["session"]), unhex(invite["application"]),
        invite["name"], invite["url"], invite["data"], invite["expiry"],
        invite["network"], invite["inviter"], invite["invitee"], invite["novice"],
        int(invite["app_invite"]),
    )
    verify(inviter, signed, unhex(vector["invite_signature"]))
    assert sha256(signed) == unhex(vector["invite_hash"])
    accept = vector["accept"]
    answer = statement("rv1 accept", invitee, sha256(signed), accept["version"], accept["data"])
    verify(invitee, answer, unhex(vector["accept_signature"]))


def check_endorsement():
    e = json.loads(load("pins.json")["endorsement"])
    endorser, device = unbase64(e["endorser"]), unbase64(e["device"])
    signed = statement("rv1 endorse", e["network"], e["address"], endorser, device, e["issued"], e["expires"])
    verify(endorser, signed, unbase64(e["signature"]))


def check_keys():
    symbols = "23456789abcdefghijkmnpqrstuvwxyz"
    for key in load("keys.json")["good"]:
        raw = public(key["seed"])
        assert key["public"] == raw.hex()
        assert key["text"] == "ed25519:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
        bits = int.from_bytes(sha256(statement("rv1 fingerprint", raw))[:20], "big")
        text = "".join(symbols[bits >> (155 - 5 * place) & 31] for place in range(32))
        assert key["fingerprint"] == " ".join(text[place:place + 4] for place in range(0, 32, 4))


def started(side, random):
    """What the library's start() does, with our random value."""
    side._started = True
    side.xy_scalar = int.from_bytes(unhex(random), "little") % ORDER
    side.xy_elem = side.params.group.Base.scalarmult(side.xy_scalar)
    side.compute_outbound_message()
    return side.side + side.outbound_message


def check_code(th, key):
    vector = load("code.json")
    nameplate, secret = vector["code"].split("-", 1)
    expert = statement("rv1 code side", int(nameplate), "expert", key["invitee"])
    novice = statement("rv1 code side", int(nameplate), "novice", key["inviter"])
    a = SPAKE2_A(secret.encode(), idA=expert, idB=novice)
    b = SPAKE2_B(secret.encode(), idA=expert, idB=novice)
    x, y = started(a, vector["expert_random"]), started(b, vector["novice_random"])
    c1, c2, c3 = (json.loads(vector[name]) for name in ("c1", "c2", "c3"))
    assert (unbase64(c1["element"]), unbase64(c2["element"])) == (x, y)
    k = a.finish(y)
    assert k == b.finish(x)
    for side, message in (("novice", c2), ("expert", c3)):
        mac_key = HKDF(hashes.SHA256(), 32, None, statement("rv1 code key", side)).derive(k)
        confirmed = statement("rv1 code confirm", int(nameplate), th, x, y)
        assert unbase64(message["mac"]) == hmac.digest(mac_key, confirmed, "sha256")


lists = load("words.json")
sessions = [check_handshake(session, lists) for session in load("handshake.json")]
check_invite()
check_endorsement()
check_keys()
check_code(*sessions[0])
print("The vectors hold.")
