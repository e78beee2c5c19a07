//! Who may talk to the port at all, and under which rules the browser runs what it gets.
//!
//! Any web page that the person has open can send requests to 127.0.0.1, and can point a name of its own there (DNS
//! rebinding). So a request must name this very address as its host, and whatever says where it comes from must say
//! the same.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The path of the WebSocket.
pub(super) const LINK_PATH: &str = "/link";

/// The rules for one address.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    host: String,
    origin: String,
    policy: HeaderValue,
}

impl Guard {
    /// The rules for a page at `address`.
    pub(super) fn new(address: SocketAddr) -> Self {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
             media-src 'self' blob:; connect-src 'self' ws://{address}; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'none'"
        );
        Self {
            host: address.to_string(),
            origin: format!("http://{address}"),
            policy: HeaderValue::from_str(&policy).expect("an address is made of digits, dots and a colon"),
        }
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), StatusCode> {
        let authority_fits = uri.authority().is_none_or(|a| a.as_str() == self.host);
        if !authority_fits || !is_exactly(headers, &HOST, &self.host) {
            return Err(StatusCode::MISDIRECTED_REQUEST);
        }
        // A browser names the origin of every WebSocket; the files may be fetched without one, by navigation.
        let origin_fits = is_exactly(headers, &ORIGIN, &self.origin)
            || (uri.path() != LINK_PATH && !headers.contains_key(ORIGIN));
        if origin_fits { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
    }

    fn protect(&self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in [
            (CACHE_CONTROL, "no-store"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (OPENER_POLICY, "same-origin"),
            (RESOURCE_POLICY, "same-origin"),
            (PERMISSIONS_POLICY, "camera=(), microphone=(), geolocation=(), display-capture=()"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Wraps every route and the answer to unknown ones.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(status) => status.into_response(),
    };
    guard.protect(response.headers_mut());
    response
}

/// Whether the header stands exactly once, with exactly this value.
fn is_exactly(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let mut found = headers.get_all(name).iter();
    found.next().is_some_and(|v| v.as_bytes() == value.as_bytes()) && found.next().is_none()
}
