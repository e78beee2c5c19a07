//! An authority of our own and what it issues to a server: a good certificate, or one with a fault.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use super::{DOMAIN, GUESTS, ROOMS};
use crate::home::Home;

/// What a server shows to prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// What it should.
    Good,
    /// One that ran out.
    Expired,
    /// One that is not valid yet, as any is where the clock is slow.
    Early,
    /// One of another domain.
    WrongName,
    /// One of an authority that nobody trusts.
    UnknownAuthority,
}

/// The files of a server.
pub(super) struct Files {
    /// Whom clients trust.
    pub(super) authority: PathBuf,
    /// The server's certificate.
    pub(super) certificate: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
    /// Both in one.
    pub(super) both: PathBuf,
}

/// Makes an authority and lets it, or another one, issue the certificate. Writes all into `home`.
pub(super) fn issue(home: &Home, kind: Certificate) -> Result<Files> {
    let (trusted, authority) = authority("An authority of the tests")?;
    let (_, stranger) = self::authority("An authority that nobody knows")?;
    let domain = if kind == Certificate::WrongName { "another.test" } else { DOMAIN };
    let mut params = CertificateParams::new([domain, GUESTS, ROOMS].map(str::to_owned))?;
    params.distinguished_name.push(DnType::CommonName, domain);
    params.not_before = date_time_ymd(if kind == Certificate::Early { 2089 } else { 2020 }, 1, 1);
    params.not_after = date_time_ymd(if kind == Certificate::Expired { 2021 } else { 2090 }, 1, 1);
    let key = KeyPair::generate()?;
    let issuer = if kind == Certificate::UnknownAuthority { &stranger } else { &authority };
    let certificate = params.signed_by(&key, issuer)?.pem();
    let key = key.serialize_pem();

    let write = |name: &str, text: &str| {
        let path = home.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        anyhow::Ok(path)
    };
    Ok(Files {
        authority: write("authority.pem", &trusted)?,
        certificate: write("server.pem", &certificate)?,
        key: write("server.key", &key)?,
        both: write("both.pem", &format!("{certificate}{key}"))?,
    })
}

fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>)> {
    let mut params = CertificateParams::new([])?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?.pem();
    Ok((certificate, Issuer::new(params, key)))
}
