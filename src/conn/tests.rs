use super::*;

fn conn(requests: &[(Token, Expect, usize)]) -> Conn {
    let mut conn = Conn::default();
    for &(token, expect, len) in requests {
        conn.push(token, expect, len);
    }
    conn
}

fn receive(conn: &mut Conn, bytes: &[u8]) {
    conn.rx().space()[..bytes.len()].copy_from_slice(bytes);
    conn.rx().filled(bytes.len());
}

/// Takes everything that has arrived: (token, first word or value, last).
fn answers(conn: &mut Conn) -> Result<Vec<(Token, String, bool)>, Malformed> {
    let mut out = Vec::new();
    while let Some(answer) = conn.peek(&Limits::REPLIES)? {
        let text = match answer.piece {
            Piece::Line(reply) => reply.line,
            Piece::Value { data, .. } => data,
            Piece::End => b"END",
            Piece::Stat(line) => line,
        };
        out.push((
            answer.token,
            String::from_utf8_lossy(text).into_owned(),
            answer.last,
        ));
        let step = answer.step();
        conn.advance(step);
    }
    Ok(out)
}

fn answer(token: Token, text: &str, last: bool) -> (Token, String, bool) {
    (token, text.to_owned(), last)
}

#[test]
fn answers_belong_to_requests_in_order_wherever_the_bytes_are_cut() {
    let bytes = b"STORED\r\nVALUE a 0 1\r\nx\r\nVALUE b 0 2\r\nyy\r\nEND\r\nEND\r\nNOT_FOUND\r\n\
        STAT a 1\r\nEND\r\nERROR\r\n";
    let expected = [
        answer(10, "STORED", true),
        answer(11, "x", false),
        answer(11, "yy", false),
        answer(11, "END", true),
        answer(12, "END", true),
        answer(13, "NOT_FOUND", true),
        answer(14, "STAT a 1", false),
        answer(14, "END", true),
        answer(15, "ERROR", true),
    ];
    for cut in 0..=bytes.len() {
        let mut conn = conn(&[
            (10, Expect::Line, 5),
            (11, Expect::Values, 5),
            (12, Expect::Values, 5),
            (13, Expect::Line, 5),
            (14, Expect::Stats, 5),
            (15, Expect::Stats, 5),
        ]);
        conn.handle_sent(30);
        let mut got = Vec::new();
        for part in [&bytes[..cut], &bytes[cut..]] {
            receive(&mut conn, part);
            got.extend(answers(&mut conn).unwrap());
        }
        assert_eq!(got, expected, "cut at {cut}");
        assert!(conn.is_idle() && conn.rx().data().is_empty());
    }
}

#[test]
fn bytes_nobody_asked_for_are_never_an_answer() {
    let mut conn = conn(&[]);
    receive(&mut conn, b"STORED\r\n");
    assert_eq!(answers(&mut conn), Err(Malformed::Response));
    // A request that was pushed but not sent cannot have been answered either.
    conn.push(1, Expect::Line, 5);
    assert_eq!(answers(&mut conn), Err(Malformed::Response));
}

#[test]
fn rubbish_in_place_of_values_is_malformed() {
    let mut c = conn(&[(1, Expect::Values, 5)]);
    c.handle_sent(5);
    receive(&mut c, b"HELLO\r\n");
    assert_eq!(answers(&mut c), Err(Malformed::ValueHead));
    assert_eq!(c.reset(), [1]);
    assert!(c.is_idle() && c.rx().data().is_empty());
}

#[test]
fn a_complaint_in_place_of_values_is_told_from_rubbish() {
    let kind = |line: &[u8]| {
        let mut c = conn(&[(1, Expect::Values, 5)]);
        c.handle_sent(5);
        receive(&mut c, line);
        answers(&mut c).map_err(|malformed| (malformed.kind(), malformed.text()))
    };
    // pecl/memcache has one text for all of them.
    let text = "Malformed VALUE header";
    assert_eq!(kind(b"ERROR\r\n"), Err((ErrorKind::UnknownCommand, text)));
    let busy = kind(b"SERVER_ERROR busy\r\n");
    assert_eq!(busy, Err((ErrorKind::ServerError, text)));
    assert_eq!(kind(b"VALUE k\r\n"), Err((ErrorKind::Protocol, text)));
}

#[test]
fn partly_sent_requests_go_on_where_they_stopped() {
    let mut c = conn(&[(1, Expect::Line, 10), (2, Expect::Line, 10)]);
    let transmit = |c: &Conn| c.poll_transmit().collect::<Vec<_>>();
    assert_eq!(transmit(&c), [(1, 0), (2, 0)]);
    c.handle_sent(4);
    assert_eq!(transmit(&c), [(1, 4), (2, 0)]);
    c.handle_sent(8);
    assert_eq!(transmit(&c), [(2, 2)]);
    c.restart();
    assert_eq!(transmit(&c), [(1, 0), (2, 0)]);
    c.handle_sent(20);
    assert!(!c.wants_transmit());
    assert_eq!(c.pending().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn an_answer_to_half_a_request_ends_the_connection_after_it() {
    let mut c = conn(&[(1, Expect::Line, 100), (2, Expect::Line, 10)]);
    c.handle_sent(50);
    receive(&mut c, b"SERVER_ERROR object too large for cache\r\n");
    let got = answers(&mut c).unwrap();
    assert_eq!(got[0].0, 1);
    assert!(c.answered_early() && !c.wants_transmit());
    c.restart();
    assert_eq!(c.poll_transmit().collect::<Vec<_>>(), [(2, 0)]);
}
