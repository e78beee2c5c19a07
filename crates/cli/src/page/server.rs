//! The routes: the files, the WebSocket, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::MAX_MESSAGE;
use super::files::FILES;
use super::guard::{Guard, LINK_PATH, guard};
use super::link::{Desk, converse};
use super::listener::Bounded;

/// Serves until `stopped` resolves, which it also does when its other end is dropped.
pub(super) async fn run(listener: TcpListener, desk: Arc<Desk>, stopped: oneshot::Receiver<()>) {
    let bounded = Bounded::new(listener, desk.limits().idle);
    let routes = routes(desk);
    let stopped = async {
        let _ = stopped.await;
    };
    if let Err(error) = axum::serve(bounded, routes).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "The page's server ended");
    }
}

fn routes(desk: Arc<Desk>) -> Router {
    let rules = Guard::new(desk.address());
    let mut router = Router::new().route(LINK_PATH, get(upgrade));
    for file in FILES {
        let answer = move || async move { ([(CONTENT_TYPE, file.media_type)], file.body) };
        router = router.route(file.path, get(answer));
    }
    router.layer(from_fn_with_state(rules, guard)).with_state(desk)
}

async fn upgrade(State(desk): State<Arc<Desk>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .max_write_buffer_size(4 * MAX_MESSAGE)
        .on_upgrade(move |socket| converse(socket, desk))
}
