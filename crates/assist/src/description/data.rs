//! Descriptions of connections that carry data and no picture.

use str0m::IceCreds;

use super::{Candidate, Description, DescriptionError, Fingerprint, Setup};

impl Description {
    /// One side of such a connection.
    pub(crate) fn of_data(
        creds: IceCreds,
        fingerprint: Fingerprint,
        setup: Setup,
        candidates: Vec<Candidate>,
        answers: Option<String>,
    ) -> Self {
        Self {
            ufrag: creds.ufrag,
            pwd: creds.pass,
            fingerprint,
            setup,
            video: Vec::new(),
            extensions: Vec::new(),
            media: None,
            candidates,
            answers,
        }
    }

    /// Checks that this is what the side may say that offers such a connection.
    ///
    /// # Errors
    ///
    /// [`DescriptionError::NotAnOffer`].
    pub fn check_data_offer(&self) -> Result<(), DescriptionError> {
        self.check_offer()?;
        if self.is_data() { Ok(()) } else { Err(DescriptionError::NotAnOffer) }
    }

    /// Checks that this is what the side may say that answers.
    ///
    /// # Errors
    ///
    /// [`DescriptionError::NotAnAnswer`].
    pub fn check_data_answer(&self) -> Result<(), DescriptionError> {
        match self.setup {
            Setup::Active | Setup::Passive if self.is_data() && self.answers.is_some() => Ok(()),
            _ => Err(DescriptionError::NotAnAnswer),
        }
    }

    fn is_data(&self) -> bool {
        self.video.is_empty() && self.extensions.is_empty() && self.media.is_none()
    }
}
