//! The page over real sockets: who is let in, what is refused, and that the application goes on.

use std::time::Duration;

use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use rendezvous_assist::chat::ChatText;
use rendezvous_assist::description::Fingerprint;
use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{Kind, Screen, ScreenId, ScreenName, Screens};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::files::FILES;
use super::*;
use rendezvous_assist::consent::Right;

/// Nothing in these tests takes longer unless it is broken.
const DEADLINE: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

async fn page() -> Page {
    Page::serve().await.unwrap()
}

async fn page_with(change: impl FnOnce(&mut Limits)) -> Page {
    let mut limits = Limits::default();
    change(&mut limits);
    Page::serve_with(limits).await.unwrap()
}

fn ticket(page: &Page) -> String {
    page.url_with_ticket().unwrap().split_once('#').unwrap().1.to_owned()
}

/// Sends raw bytes and returns everything that comes back until the connection closes.
async fn raw(page: &Page, request: &str) -> String {
    let mut stream = TcpStream::connect(page.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

async fn get(page: &Page, path: &str, headers: &str) -> String {
    raw(page, &format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await
}

fn own_host(page: &Page) -> String {
    format!("Host: {}\r\n", page.address())
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("none")
}

/// Opens the WebSocket from `origin`, without a ticket.
async fn dial(page: &Page, origin: Option<&str>) -> Result<Socket, Error> {
    let mut request = format!("ws://{}/link", page.address()).into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    let stream = TcpStream::connect(page.address()).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket)
}

async fn dial_own(page: &Page) -> Socket {
    dial(page, Some(&format!("http://{}", page.address()))).await.unwrap()
}

async fn say(socket: &mut (impl Sink<Message, Error = Error> + Unpin), message: &Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn open_with(page: &Page, ticket: &str) -> Socket {
    let mut socket = dial_own(page).await;
    say(&mut socket, &json!({"type": "open", "ticket": ticket})).await;
    socket
}

/// An admitted page.
async fn open(page: &mut Page) -> Socket {
    let socket = open_with(page, &ticket(page)).await;
    assert_eq!(event(page).await, PageEvent::Opened);
    socket
}

async fn event(page: &mut Page) -> PageEvent {
    timeout(DEADLINE, page.next()).await.expect("the page tells something")
}

/// What the socket says next: a text, or a close code.
async fn answer(socket: &mut (impl Stream<Item = Result<Message, Error>> + Unpin)) -> Result<Value, u16> {
    loop {
        match timeout(DEADLINE, socket.next()).await.expect("the server says something") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |f| f.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(1006),
        }
    }
}

#[tokio::test]
async fn every_file_is_served_to_its_own_host() {
    let page = page().await;
    for file in FILES {
        let answer = get(&page, file.path, &own_host(&page)).await;
        assert_eq!(status(&answer), "200", "{}", file.path);
        assert!(answer.contains(&format!("content-type: {}", file.media_type)), "{}", file.path);
        assert!(answer.ends_with(file.body), "{}", file.path);
    }
}

#[tokio::test]
async fn every_answer_carries_the_rules_for_the_browser() {
    let page = page().await;
    let host = own_host(&page);
    let foreign = "Host: rebound.example:80\r\n".to_owned();
    let answers = [
        ("200", get(&page, "/", &host).await),
        ("200", get(&page, "/main.js", &host).await),
        ("404", get(&page, "/unknown", &host).await),
        ("404", get(&page, "/../Cargo.toml", &host).await),
        (
            "405",
            raw(&page, &format!("POST / HTTP/1.1\r\n{host}Content-Length: 0\r\nConnection: close\r\n\r\n"))
                .await,
        ),
        ("421", get(&page, "/", &foreign).await),
        ("403", get(&page, "/link", &host).await),
    ];
    for (expected, answer) in answers {
        assert_eq!(status(&answer), expected, "{answer}");
        let csp = format!(
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
             img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws://{}; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n",
            page.address()
        );
        for header in [
            csp.as_str(),
            "cache-control: no-store\r\n",
            "x-content-type-options: nosniff\r\n",
            "referrer-policy: no-referrer\r\n",
            "cross-origin-opener-policy: same-origin\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
        ] {
            assert!(answer.contains(header), "{expected} lacks {header} in {answer}");
        }
    }
}

#[tokio::test]
async fn only_this_very_host_is_served() {
    let page = page().await;
    let port = page.address().port();
    for headers in [
        String::new(),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: localhost:{port}\r\n"),
        format!("Host: rebound.example:{port}\r\n"),
        format!("Host: 127.0.0.1:{}\r\n", port.wrapping_add(1)),
        format!("Host: 127.0.0.1:{port}.example\r\n"),
        format!("{0}Host: rebound.example\r\n", own_host(&page)),
    ] {
        let answer = get(&page, "/", &headers).await;
        // Without a host, or with two, the HTTP library may answer before us.
        assert!(matches!(status(&answer), "421" | "400"), "{headers:?}: {answer}");
    }
    let answer = get(&page, &format!("http://rebound.example:{port}/"), &own_host(&page)).await;
    assert_eq!(status(&answer), "421", "the host of the request line counts too");
}

#[tokio::test]
async fn other_origins_get_nothing() {
    let page = page().await;
    let port = page.address().port();
    for origin in [
        "null".to_owned(),
        "https://example.org".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{port}.example.org"),
        format!("http://127.0.0.1:{port}/"),
    ] {
        let Err(Error::Http(answer)) = dial(&page, Some(&origin)).await else {
            panic!("{origin} got a WebSocket")
        };
        assert_eq!(answer.status(), 403, "{origin}");
        let file = get(&page, "/main.js", &format!("{}Origin: {origin}\r\n", own_host(&page))).await;
        assert_eq!(status(&file), "403", "{origin}");
    }
    let Err(Error::Http(answer)) = dial(&page, None).await else { panic!("no origin got a WebSocket") };
    assert_eq!(answer.status(), 403);
    assert!(page.url_with_ticket().is_ok(), "nothing of this used the ticket");
}

fn two_screens() -> Screens {
    let screen = |id, name| Screen {
        id: ScreenId(id),
        name: ScreenName::cleaned(name),
        size: Size { width: 1280, height: 720 },
    };
    let all = vec![screen(4, "HDMI-1"), screen(7, "DP-2")];
    Screens::new(Kind::Screen, all, ScreenId(7), true).unwrap()
}

#[tokio::test]
async fn both_sides_are_understood() {
    let mut page = page().await;
    let mut socket = open(&mut page).await;
    let description = json!({"ufrag": "abcd", "candidates": [{"port": 5000}]});
    let print = ["AB"; 32].join(":");
    for message in [
        json!({"type": "certificate", "fingerprint": print}),
        json!({"type": "describe", "description": description}),
        json!({"type": "request"}),
        json!({"type": "release"}),
        json!({"type": "screen", "id": 7}),
        json!({"type": "chat", "text": "a\u{1b}b"}),
        json!({"type": "typing", "typing": true}),
        json!({"type": "stop"}),
    ] {
        say(&mut socket, &message).await;
    }
    assert_eq!(event(&mut page).await, PageEvent::Certificate(Fingerprint([0xAB; 32])));
    assert_eq!(event(&mut page).await, PageEvent::Describe(description.clone()));
    assert_eq!(event(&mut page).await, PageEvent::Request(Right::Control));
    assert_eq!(event(&mut page).await, PageEvent::Release(Right::Control));
    assert_eq!(event(&mut page).await, PageEvent::Screen(7));
    assert_eq!(event(&mut page).await, PageEvent::Chat(ChatText::new("a·b").unwrap()));
    assert_eq!(event(&mut page).await, PageEvent::Typing(true));
    assert_eq!(event(&mut page).await, PageEvent::Stop);

    let state = PageState {
        who: "127.0.0.1:7001".to_owned(),
        verified: false,
        view: ViewState::Granted,
        control: ControlState::None,
        floors: std::collections::BTreeMap::new(),
        screen: Some(ScreenSize { width: 1280, height: 720 }),
        screens: Some(PageScreens::from(&two_screens())),
        paused: false,
        held: true,
    };
    let ended = ToPage::Ended { title: "a".into(), text: "b".into(), code: "c".into() };
    assert!(page.send(&ToPage::State(state)));
    assert!(page.send(&connect()));
    assert!(page.send(&ToPage::Answer { description: description.clone() }));
    assert!(page.send(&ToPage::Chat { text: "<b>".into(), at: 5 }));
    let lines = vec![ChatLine { own: true, text: "ü".into(), at: 4 }];
    assert!(page.send(&ToPage::History { lines }));
    assert!(page.send(&ToPage::Missed { count: 3, own: false }));
    assert!(page.send(&ToPage::Typing { typing: true }));
    assert!(page.send(&ended));
    let expected = json!({
        "type": "state", "who": "127.0.0.1:7001", "verified": false, "view": "granted", "control": "none",
        "screen": {"width": 1280, "height": 720}, "shared": 7, "kind": "screen", "shown": true,
        "screens": [
            {"id": 4, "name": "HDMI-1", "width": 1280, "height": 720},
            {"id": 7, "name": "DP-2", "width": 1280, "height": 720},
        ],
        "screen": {"width": 1280, "height": 720}, "paused": false, "held": true,
    });
    assert_eq!(answer(&mut socket).await, Ok(expected));
    assert_eq!(answer(&mut socket).await, Ok(json!({"type": "connect"})));
    assert_eq!(answer(&mut socket).await, Ok(json!({"type": "answer", "description": description})));
    assert_eq!(answer(&mut socket).await, Ok(json!({"type": "chat", "text": "<b>", "at": 5})));
    let history = json!({"type": "history", "lines": [{"own": true, "text": "ü", "at": 4}]});
    assert_eq!(answer(&mut socket).await, Ok(history));
    assert_eq!(answer(&mut socket).await, Ok(json!({"type": "missed", "count": 3, "own": false})));
    assert_eq!(answer(&mut socket).await, Ok(json!({"type": "typing", "typing": true})));
    assert_eq!(
        answer(&mut socket).await,
        Ok(json!({"type": "ended", "title": "a", "text": "b", "code": "c"}))
    );
}

#[tokio::test]
async fn a_ticket_works_once() {
    let mut page = page().await;
    let first = ticket(&page);
    let mut socket = open(&mut page).await;
    assert!(page.url_with_ticket().is_err(), "a used ticket is not given out again");
    socket.close(None).await.unwrap();
    assert_eq!(event(&mut page).await, PageEvent::Closed);
    assert!(!page.send(&connect()), "nobody is there");

    let mut again = open_with(&page, &first).await;
    assert_eq!(answer(&mut again).await, Err(4401));
    page.new_ticket().unwrap();
    let mut still = open_with(&page, &first).await;
    assert_eq!(answer(&mut still).await, Err(4401));
    open(&mut page).await;
}

#[tokio::test]
async fn a_new_ticket_makes_the_old_one_worthless() {
    let mut page = page().await;
    let old = ticket(&page);
    page.new_ticket().unwrap();
    let mut socket = open_with(&page, &old).await;
    assert_eq!(answer(&mut socket).await, Err(4401));
    open(&mut page).await;
}

#[tokio::test]
async fn a_wrong_ticket_burns_nothing() {
    let mut page = page().await;
    for wrong in ["", "AAAA", &"A".repeat(43), &"A".repeat(60_000)] {
        let mut socket = open_with(&page, wrong).await;
        assert_eq!(answer(&mut socket).await, Err(4401));
    }
    open(&mut page).await;
}

#[tokio::test]
async fn a_second_page_is_refused_and_the_first_goes_on() {
    let mut page = page().await;
    let mut first = open(&mut page).await;
    page.new_ticket().unwrap();
    let fresh = ticket(&page);
    let mut second = open_with(&page, &fresh).await;
    assert_eq!(answer(&mut second).await, Err(4409));
    assert!(page.send(&connect()));
    assert_eq!(answer(&mut first).await, Ok(json!({"type": "connect"})));

    first.close(None).await.unwrap();
    assert_eq!(event(&mut page).await, PageEvent::Closed);
    open_with(&page, &fresh).await;
    assert_eq!(event(&mut page).await, PageEvent::Opened);
}

#[tokio::test]
async fn who_shows_no_ticket_in_time_is_sent_away() {
    let mut page = page_with(|l| l.ticket = Duration::from_millis(100)).await;
    let mut silent = dial_own(&page).await;
    assert_eq!(answer(&mut silent).await, Err(4408));
    let mut chatty = dial_own(&page).await;
    say(&mut chatty, &json!({"type": "request"})).await;
    assert_eq!(answer(&mut chatty).await, Err(4400));
    open(&mut page).await;
}

#[tokio::test]
async fn what_is_not_understood_closes_the_page_and_nothing_else() {
    let mut page = page().await;
    for nonsense in [
        "",
        "null",
        "{",
        "[]",
        r#"{"type":"eval"}"#,
        r#"{"type":"request","more":1}"#,
        r#"{"type":"request","type":"stop"}"#,
        r#"{"type":"certificate"}"#,
        r#"{"type":"certificate","fingerprint":"AB:CD"}"#,
        r#"{"type":"describe"}"#,
        r#"{"type":"describe","description":"v=0"}"#,
        r#"{"type":"open","ticket":"again"}"#,
        r#"{"type":"chat","text":" "}"#,
        r#"{"type":"chat","text":"a","at":1}"#,
        &format!(r#"{{"type":"chat","text":"{}"}}"#, "x".repeat(2001)),
        r#"{"type":"typing"}"#,
        &format!(r#"{{"type":"describe","description":{{"a":{}1{}}}}}"#, "[".repeat(500), "]".repeat(500)),
    ] {
        let mut socket = open(&mut page).await;
        socket.send(Message::text(nonsense)).await.unwrap();
        assert_eq!(answer(&mut socket).await, Err(4400), "{nonsense}");
        assert_eq!(event(&mut page).await, PageEvent::Closed, "{nonsense}");
        page.new_ticket().unwrap();
    }
    let mut socket = open(&mut page).await;
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(answer(&mut socket).await, Err(4400));
    assert_eq!(event(&mut page).await, PageEvent::Closed);
}

#[tokio::test]
async fn a_page_has_one_certificate_and_another_page_another() {
    let mut page = page().await;
    for _ in 0..2 {
        let mut socket = open(&mut page).await;
        let print = ["01"; 32].join(":");
        let certificate = json!({"type": "certificate", "fingerprint": print});
        say(&mut socket, &certificate).await;
        assert_eq!(event(&mut page).await, PageEvent::Certificate(Fingerprint([1; 32])));
        say(&mut socket, &certificate).await;
        assert_eq!(answer(&mut socket).await, Err(4400));
        assert_eq!(event(&mut page).await, PageEvent::Closed);
        page.new_ticket().unwrap();
    }
}

#[tokio::test]
async fn a_message_may_be_64_kib_long_and_no_byte_longer() {
    let mut page = page().await;
    let mut socket = open(&mut page).await;
    let of = |length: usize| {
        let frame = r#"{"type":"describe","description":{"a":""}}"#.len();
        format!(r#"{{"type":"describe","description":{{"a":"{}"}}}}"#, "x".repeat(length - frame))
    };
    socket.send(Message::text(of(MAX_MESSAGE))).await.unwrap();
    assert!(matches!(event(&mut page).await, PageEvent::Describe(_)));
    socket.send(Message::text(of(MAX_MESSAGE + 1))).await.unwrap();
    assert_eq!(answer(&mut socket).await, Err(1009));
    assert_eq!(event(&mut page).await, PageEvent::Closed);
}

#[tokio::test]
async fn a_page_that_takes_nothing_is_sent_away_and_stores_nothing() {
    let mut page = page_with(|l| l.send = Duration::from_millis(200)).await;
    let socket = open(&mut page).await;
    let long = ToPage::Ended { title: "x".repeat(60_000), text: String::new(), code: String::new() };
    // Without a reader the buffers of the sockets fill, then the queue does, and then there is no page any more.
    let mut taken = 0;
    timeout(DEADLINE, async {
        while page.send(&long) {
            taken += 1;
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the queue has an end");
    assert!(taken >= 1);
    assert_eq!(event(&mut page).await, PageEvent::Closed);
    drop(socket);
    page.new_ticket().unwrap();
    open(&mut page).await;
}

#[tokio::test]
async fn a_page_that_floods_waits_for_the_application() {
    let mut page = page().await;
    let mut socket = open(&mut page).await;
    // More than the buffers of two sockets hold.
    let count = 400;
    let long = json!({"type": "describe", "description": {"a": "x".repeat(60_000)}});
    let mut flood = tokio::spawn(async move {
        for _ in 0..count {
            say(&mut socket, &long).await;
        }
    });
    assert!(timeout(Duration::from_millis(500), &mut flood).await.is_err(), "24 MB were taken from the page");
    for _ in 0..count {
        assert!(matches!(event(&mut page).await, PageEvent::Describe(_)));
    }
    flood.await.unwrap();
    assert_eq!(event(&mut page).await, PageEvent::Closed);
}

#[tokio::test]
async fn silent_connections_end_and_living_pages_stay() {
    let mut page = page_with(|l| {
        l.idle = Duration::from_millis(400);
        l.ping = Duration::from_millis(100);
    })
    .await;
    let mut silent = TcpStream::connect(page.address()).await.unwrap();
    let mut socket = open(&mut page).await;
    // Reading answers the pings, as a browser does.
    let reader = tokio::spawn(async move { answer(&mut socket).await });
    let mut byte = [0];
    let closed = timeout(DEADLINE, silent.read(&mut byte)).await.expect("the silent connection is closed");
    assert!(matches!(closed, Ok(0) | Err(_)));
    assert!(!reader.is_finished(), "the page is still open");
    assert!(page.send(&connect()));
    assert_eq!(reader.await.unwrap(), Ok(json!({"type": "connect"})));
}

#[tokio::test]
async fn the_redirect_file_goes_when_the_ticket_does() {
    let dir = std::env::temp_dir();
    let mut page = page().await;
    let used = page.write_redirect_file(&dir).unwrap();
    assert!(std::fs::read_to_string(&used).unwrap().contains(&page.url_with_ticket().unwrap()));
    let socket = open(&mut page).await;
    assert!(!used.exists(), "the ticket was used");
    assert!(page.write_redirect_file(&dir).is_err(), "a used ticket is written nowhere");
    drop(socket);
    assert_eq!(event(&mut page).await, PageEvent::Closed);

    page.new_ticket().unwrap();
    let replaced = page.write_redirect_file(&dir).unwrap();
    page.new_ticket().unwrap();
    assert!(!replaced.exists(), "there is a new ticket");
    let dropped = page.write_redirect_file(&dir).unwrap();
    drop(page);
    assert!(!dropped.exists(), "the page ended");
}

#[tokio::test]
async fn the_last_words_arrive_and_the_port_closes() {
    let mut page = page().await;
    let address = page.address();
    let mut socket = open(&mut page).await;
    let ended = ToPage::Ended { title: "a".into(), text: "b".into(), code: "c".into() };
    assert!(page.send(&ended));
    page.close().await;
    assert!(answer(&mut socket).await.is_ok());
    assert_eq!(answer(&mut socket).await, Err(1000));
    timeout(DEADLINE, async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the port closes");
}

fn connect() -> ToPage {
    ToPage::Connect { ice_servers: Vec::new(), relay_only: false }
}

#[test]
fn a_password_for_a_relay_is_not_printed() {
    let server = serde_json::json!({ "urls": "turn:192.0.2.1", "username": "maria", "credential": "secret" });
    let message = ToPage::Connect { ice_servers: vec![server], relay_only: true };
    assert!(!format!("{message:?}").contains("secret"));
    let text = serde_json::to_value(&message).expect("it is JSON");
    assert_eq!(text["iceServers"][0]["credential"], "secret");
    assert_eq!(text["relayOnly"], true);
    assert_eq!(
        serde_json::to_value(connect()).expect("it is JSON"),
        serde_json::json!({ "type": "connect" })
    );
}
