//! Who gets in, and who is taken for whom.

use super::*;

/// A place for a file of this test's own, which goes at its end.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rendezvous-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("agent.sock")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_that_is_not_whole_says_nothing() {
    let secret = "0f".repeat(SECRET);
    assert!(Place::parse(&format!("7\n{secret}\n{secret}\n")).is_some());
    for wrong in [
        String::new(),
        "7\n".to_owned(),
        format!("0\n{secret}\n{secret}\n"),
        format!("70000\n{secret}\n{secret}\n"),
        format!("7\n{secret}\n{}\n", &secret[1..]),
        format!("7\n{secret}\n{}\n", secret.replace('0', "+")),
        format!("7\n{secret}\n{secret}\nmore\n"),
    ] {
        assert!(Place::parse(&wrong).is_none(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_can_read_the_file_gets_in_and_there_is_one_who_listens() {
    let dir = Dir::new("socket-in");
    let socket = PrivateSocket::listen(&dir.file()).unwrap();
    let (ours, theirs) = tokio::join!(connect(&dir.file()), socket.accept());
    let (mut ours, mut theirs) = (ours.unwrap(), theirs.unwrap());
    theirs.set_nonblocking(false).unwrap();
    ours.write_all(b"!").unwrap();
    let mut heard = [0];
    theirs.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"!");
    let path = dir.file();
    let accepting = tokio::spawn(async move {
        let _first = socket.accept().await;
        socket
    });
    let second = tokio::task::spawn_blocking(move || PrivateSocket::listen(&path).map(|_| ())).await.unwrap();
    assert!(matches!(second, Err(DbusError::Socket { error, .. }) if error.kind() == ErrorKind::AddrInUse));
    drop(accepting.await.unwrap());
    assert!(!dir.file().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_know_the_secret_is_turned_away_and_holds_up_nobody() {
    let dir = Dir::new("socket-out");
    let socket = PrivateSocket::listen(&dir.file()).unwrap();
    let place = Place::read(&dir.file()).unwrap();
    let at = (Ipv4Addr::LOCALHOST, place.port);
    // One that says nothing, and one that guesses.
    let _silent = Stream::connect(at).unwrap();
    let mut guessing = Stream::connect(at).unwrap();
    guessing.write_all(&place.answer).unwrap();
    let (ours, theirs) = tokio::join!(connect(&dir.file()), socket.accept());
    let (own, seen) = (ours.unwrap().local_addr().unwrap(), theirs.unwrap().peer_addr().unwrap());
    assert_eq!(own, seen);
    let turned_away = tokio::task::spawn_blocking(move || {
        let mut heard = [0];
        matches!(guessing.read(&mut heard), Ok(0) | Err(_))
    });
    assert!(turned_away.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_at_the_port_of_one_that_was_killed_is_taken_for_nobody() {
    let dir = Dir::new("socket-other");
    let other = StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let place = Place::draw(other.local_addr().unwrap().port()).unwrap();
    place.write(&dir.file()).unwrap();
    let answering = tokio::task::spawn_blocking(move || {
        let (mut stream, _) = other.accept().unwrap();
        let mut knock = [0; SECRET];
        stream.read_exact(&mut knock).unwrap();
        stream.write_all(&knock).unwrap();
    });
    let error = connect(&dir.file()).await.unwrap_err();
    answering.await.unwrap();
    assert!(
        matches!(&error, DbusError::Socket { error, .. } if error.kind() == ErrorKind::ConnectionRefused),
        "{error}"
    );
}
