//! Names of the person's own: in the list, in what is typed, and in what is read.

use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN};
use crate::stand_in::{Then, instead_of_the_agent};
use anyhow::{Result, bail, ensure};
use rendezvous_dbus::agent::{Greeting, Request, Seen, StatusReport};
use serde_json::json;
use std::sync::mpsc::{Receiver, Sender};

/// An address of a device nearby, and another.
const ANN: &str = "abcdefgh23456789abcdefgh23456789";
const MARTA: &str = "mnpqrstu23456789abcdefgh23456789";

fn scene(play: impl FnOnce(&Someone) -> Result<()>) {
    let someone = Someone::with("namer", vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())]).expect("a home");
    if let Err(error) = play(&someone) {
        panic!("{error:#}\n----- the log of the agent:\n{}", someone.log());
    }
}

#[test]
fn contacts_are_added_listed_and_removed() {
    scene(|someone| {
        ensure!(someone.does(&["contacts"])?.starts_with("You have no contacts yet."));
        ensure!(someone.json(&["contacts", "--json"])? == json!([]));
        let said = someone.does(&["add", "Ann", ANN])?;
        ensure!(said == format!("Ann is {ANN} from now on.\n"), "{said}");
        someone.does(&["add", "Maria from next door", "maria@example.org"])?;
        let list = someone.does(&["contacts"])?;
        ensure!(list.contains(&format!("○ Ann · {ANN} · never checked · known since ")), "{list}");
        ensure!(list.contains("Maria from next door · maria@example.org"), "{list}");
        let rows = someone.json(&["contacts", "--json"])?;
        ensure!(
            rows[0]["name"] == "Ann" && rows[0]["network"] == "nearby" && rows[0]["verified"] == false,
            "{rows}"
        );
        ensure!(rows[1]["network"] == "xmpp", "{rows}");

        for (arguments, sentence) in [
            (["add", "Ann", MARTA].as_slice(), format!("Ann is {ANN} already. Choose another name").as_str()),
            (&["add", "Bob", "somewhere"], "\"somewhere\" is not an address; expected host:port"),
            (&["add", "Bob", "127.0.0.1:1"], "127.0.0.1:1 could not be reached ("),
            (&["add", "a@b", MARTA], "\"a@b\" is not a name for a contact"),
            (&["remove", "Anne"], "There is nobody called \"Anne\" in your contacts. Did you mean \"Ann\"?"),
            (&["block", "Zoe"], "There is nobody called \"Zoe\" in your contacts."),
            (&["verify", "--forget", "Ann"], "Nothing of Ann is verified, so there is nothing to forget."),
        ] {
            let (code, said) = someone.runs(arguments)?;
            ensure!(code == 1 && said.starts_with(sentence), "{arguments:?}: {code} {said}");
            ensure!(said.lines().count() == 1, "{said}");
        }
        // A whole address is not the beginning of another one.
        let said = someone.does(&["block", "maria@example.or"])?;
        ensure!(said == "You do not hear from maria@example.or any more. They are not told.\n", "{said}");
        someone.does(&["unblock", "maria@example.or"])?;
        ensure!(!someone.does(&["contacts"])?.contains(" · blocked"));
        someone.does(&["block", "maria"])?;
        ensure!(someone.does(&["contacts"])?.contains(" · blocked\n"));
        someone.does(&["remove", "ann"])?;
        ensure!(!someone.does(&["contacts"])?.contains("Ann"));
        someone.leaves()
    });
}

#[test]
fn whoever_is_meant_is_called_by_the_name_they_were_given() {
    scene(|someone| {
        let friend = Someone::new("friend")?;
        let to = friend.is_reached_at()?;
        let who = friend.who()?;
        friend.does(&["visible"])?;
        friend.does(&["add", "Nora", &someone.is_reached_at()?])?;
        someone.does(&["add", "Martin", &to])?;
        someone.does(&["add", "Marta", MARTA])?;

        let mut call = someone.types(&["ask", "martyn"])?;
        call.reads("There is nobody called \"martyn\" in your contacts. Did you mean \"Martin\"?")?;
        ensure!(call.ends()? == 1);
        let mut call = someone.types(&["ask", "mar"])?;
        call.reads("\"mar\" may be one of these:")?;
        let list = call.reads("Which one? [1-2, nothing for none]")?;
        ensure!(list.contains("Martin · ") && list.contains("Marta · "), "{list}");
        call.says("")?;
        call.reads("Nobody was chosen, so nothing was sent.")?;
        ensure!(call.ends()? == 1);
        call.is_as_found()?;

        let number = if list.find("Martin") < list.find("Marta") { "1" } else { "2" };
        let mut call = someone.types(&["ask", "mar"])?;
        call.reads("Which one?")?;
        call.says(number)?;
        call.reads(&format!("Calling Martin · {who} · it rings there"))?;
        let mut inbox = friend.types(&["inbox"])?;
        let question = inbox.reads(ANSWER)?;
        ensure!(question.contains("Nora asks you for help.\n"), "{question}");
        inbox.says("n")?;
        call.reads("Martin said no.")?;
        ensure!(call.ends()? == 3 && inbox.ends()? == 0);
        let log = friend.does(&["log"])?;
        ensure!(log.contains("Nora asked you for help · never checked · you said no"), "{log}");
        friend.leaves()?;
        someone.leaves()
    });
}

#[test]
fn what_is_verified_is_shown_with_this_devices_own_fingerprint() {
    scene(|someone| {
        let said = someone.does(&["verify"])?;
        let own = said.lines().next().and_then(|line| line.strip_prefix("This device: ")).unwrap_or_default();
        ensure!(own.len() == 39 && own.split(' ').count() == 8, "{said}");
        ensure!(said.contains("You have verified nobody yet."), "{said}");
        let json = someone.json(&["verify", "--json"])?;
        ensure!(json == json!({ "fingerprint": own, "verified": [] }), "{json}");
        someone.does(&["add", "Ann", ANN])?;
        let said = someone.does(&["verify", "Ann"])?;
        ensure!(said.contains("Ann is not verified. It happens at the first help"), "{said}");
        ensure!(someone.agents()?.is_empty(), "none of this needs the agent");
        Ok(())
    });
}

#[test]
fn applications_are_listed_and_found_by_name() {
    scene(|someone| {
        let list = someone.does(&["apps"])?;
        ensure!(
            list.contains("{56B994A7-380F-410B-9985-C809D78C1BDC}  Ask for Remote Assistance\n"),
            "{list}"
        );
        ensure!(someone.json(&["apps", "--json"])?.as_array().is_some_and(|a| a.len() == 5));
        let mut call = someone.types(&["invite", "--app", "chess", "Ann"])?;
        call.reads("There is no application \"chess\" here. \"rendezvous apps\" lists what there is.")?;
        ensure!(call.ends()? == 1);
        Ok(())
    });
}

/// Plays a scene with an agent of which the test knows whom its networks see: a stranger who calls themselves Ann. Whom
/// it is asked to invite comes out of the receiver.
fn with_a_stranger(someone: &Someone, play: impl FnOnce(&Receiver<String>) -> Result<()>) -> Result<()> {
    let (invites, invited) = std::sync::mpsc::channel();
    instead_of_the_agent(someone, move |request| answer_as_an_agent(request, &invites), || play(&invited))
}

fn answer_as_an_agent(request: Request, invites: &Sender<String>) -> Result<Then> {
    match request {
        Request::Hello { answer } => {
            let version = env!("CARGO_PKG_VERSION").to_owned();
            _ = answer.send(Greeting { version, process: 1, since: 0, is_replaceable: false });
        }
        Request::People { answer } => {
            let ann = Seen {
                network: "nearby".to_owned(),
                address: MARTA.to_owned(),
                name: "Ann".to_owned(),
                is_mutual: false,
                devices: vec![String::new()],
            };
            _ = answer.send(vec![ann]);
        }
        Request::Status { answer } => _ = answer.send(StatusReport::default()),
        Request::Reread { answer } => _ = answer.send(()),
        Request::Invite { contact, answer, .. } => {
            invites.send(contact.to_string())?;
            _ = answer.send(Err("That is enough.".to_owned()));
        }
        other => bail!("{other:?} is not asked here"),
    }
    Ok(Then::GoOn)
}

#[test]
fn whoever_names_themselves_is_no_contact_of_that_name() {
    scene(|someone| {
        with_a_stranger(someone, |invited| {
            let list = someone.does(&["contacts"])?;
            ensure!(
                list.contains(&format!("● {MARTA} · calls themselves \"Ann\" · never checked")),
                "{list}"
            );
            for (answer, last) in [("", "Nobody was chosen, so nothing was sent."), ("y", "That is enough.")]
            {
                let mut call = someone.types(&["hello", "Ann"])?;
                call.reads("Somebody calls themselves \"Ann\", and anybody can do that:")?;
                let whom = call.reads("Do you mean them? [y/N]")?;
                ensure!(whom.contains(&format!("{MARTA} · nearby")), "{whom}");
                ensure!(invited.try_recv().is_err(), "nobody was chosen yet");
                call.says(answer)?;
                call.reads(last)?;
                ensure!(call.ends()? == 1);
                call.is_as_found()?;
            }
            ensure!(invited.try_recv()? == MARTA);
            let (code, said) = someone.runs(&["block", "ann"])?;
            ensure!(code == 1 && said.ends_with("If you mean them, type that address.\n"), "{code} {said}");

            // The beginning of a contact's name is meant before somebody else's whole one.
            someone.does(&["add", "Annabel", ANN])?;
            let mut call = someone.types(&["hello", "Ann"])?;
            call.reads("That is enough.")?;
            ensure!(call.ends()? == 1);
            ensure!(invited.try_recv()? == ANN && !call.screen().contains("Do you mean"));
            Ok(())
        })
    });
}
