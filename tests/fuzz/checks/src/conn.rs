//! One connection: questions that were asked, hostile bytes for answers.

use mcrs::conn::{Conn, Expect, Malformed, Piece, Token};

use crate::input::{Input, pieces};
use crate::reply::LIMITS;

/// Room that is offered to each read.
const READ_LEN: usize = 16 << 10;
/// Bytes of each request.
const REQUEST_LEN: usize = 5;

/// A piece of an answer, kept.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    token: Token,
    what: String,
    last: bool,
}

/// How a conversation ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The server may go on.
    Open,
    /// The stream is out of step.
    Refused(Malformed),
    /// An answer came before all of its question was sent.
    Early,
}

/// Up to seven requests, some of them sent, then any bytes: the answers are the same however the
/// bytes are cut, in the order of the questions, one last word each; nothing is an answer when
/// nothing was asked or sent; memory grows with bytes that came.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let asked: Vec<Expect> = (0..input.below(8))
        .map(|_| [Expect::Line, Expect::Values, Expect::Stats][input.below(3)])
        .collect();
    let most_sent = asked.len() * REQUEST_LEN;
    // Mostly everything has been sent.
    let sent = match input.byte() {
        0..=127 => most_sent,
        byte => usize::from(byte - 128) % (most_sent + 1),
    };
    let cuts = input.take(4);
    let bytes = input.rest();

    let whole = converse(&asked, sent, bytes, &[]);
    let cut = converse(&asked, sent, bytes, cuts);
    assert_eq!(whole, cut);
    let byte_by_byte = converse(&asked, sent, &bytes[..bytes.len().min(200)], &[0]);
    let said = &byte_by_byte.0;
    assert_eq!(said[..], whole.0[..said.len()]);

    let (said, end) = whole;
    let lasts: Vec<Token> = said.iter().filter(|s| s.last).map(|s| s.token).collect();
    assert!(
        lasts.iter().copied().eq(0..lasts.len() as Token),
        "{lasts:?}"
    );
    assert!(said.is_sorted_by_key(|s| s.token));
    if sent == 0 && !bytes.is_empty() {
        assert_eq!((said.len(), end), (0, End::Refused(Malformed::Response)));
    }
}

/// Feeds the bytes to a connection; everything it was told, and how that ended.
fn converse(asked: &[Expect], sent: usize, bytes: &[u8], cuts: &[u8]) -> (Vec<Said>, End) {
    let mut conn = Conn::default();
    for (token, expect) in asked.iter().enumerate() {
        conn.push(token as Token, *expect, REQUEST_LEN);
    }
    conn.handle_sent(sent);
    assert_eq!(conn.wants_transmit(), sent < asked.len() * REQUEST_LEN);

    let mut said = Vec::new();
    let mut end = End::Open;
    // The most that ever waited to be understood.
    let mut waiting = 0;
    'pieces: for piece in pieces(bytes, cuts).flat_map(|piece| piece.chunks(READ_LEN)) {
        let space = conn.rx().space();
        assert!(space.len() >= READ_LEN);
        space[..piece.len()].copy_from_slice(piece);
        conn.rx().filled(piece.len());
        waiting = waiting.max(conn.rx().data().len());
        loop {
            let before = conn.rx().data().len();
            let (step, early) = match conn.peek(&LIMITS) {
                Err(malformed) => {
                    end = End::Refused(malformed);
                    break 'pieces;
                }
                Ok(None) => break,
                Ok(Some(answer)) => {
                    said.push(Said {
                        token: answer.token,
                        what: show(&answer.piece),
                        last: answer.last,
                    });
                    let asked_whole = sent / REQUEST_LEN > answer.token as usize;
                    (answer.step(), answer.last && !asked_whole)
                }
            };
            conn.advance(step);
            assert!(conn.rx().data().len() < before, "an answer of no bytes");
            assert_eq!(conn.answered_early(), early);
            if conn.answered_early() {
                assert!(
                    !conn.wants_transmit(),
                    "nothing goes out after an early answer"
                );
                end = End::Early;
                break 'pieces;
            }
        }
        let room = conn.rx().data().len() + conn.rx().space().len();
        assert!(room <= 2 * (waiting + 2 * READ_LEN), "{room} for {waiting}");
        // Less than a line and a value may wait.
        assert!(conn.rx().data().len() <= LIMITS.max_line_len + LIMITS.max_value_len + 4);
    }

    // What was not answered comes back, in order, and the connection is as new.
    let answered = said.iter().filter(|s| s.last).count();
    let left: Vec<Token> = (answered as Token..asked.len() as Token).collect();
    assert_eq!(conn.reset(), left);
    assert!(conn.is_idle() && !conn.answered_early() && !conn.wants_transmit());
    assert_eq!(conn.peek(&LIMITS).map(|answer| answer.is_none()), Ok(true));
    (said, end)
}

fn show(piece: &Piece<'_>) -> String {
    match piece {
        Piece::Line(reply) => format!("{:?} {}", reply.kind, reply.line.escape_ascii()),
        Piece::Value { head, data } => format!("{head:?} {}", data.escape_ascii()),
        Piece::End => "END".into(),
        Piece::Stat(line) => format!("stat {}", line.escape_ascii()),
    }
}
