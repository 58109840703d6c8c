//! Datagrams: what one holds is answered as requests are that are carried out one by one, and what it
//! leaves unfinished leaves nothing.

use std::cell::RefCell;

use mcrsd::net::Solo;

use super::Bed;
use super::session::{Case, is_answered_alike, without_stats};

/// Most bytes behind a frame.
const DATA_MAX: usize = 65_507 - 8;

/// Fewer bytes than any server refuses to answer with.
const ANSWER_MIN: usize = 1 << 20;

/// Two servers with the same past.
struct Pair {
    plain: Bed,
    served: Bed,
    solo: Solo,
}

impl Pair {
    fn new() -> Pair {
        let (plain, served) = Bed::pair(Bed::new);
        Pair {
            plain,
            solo: Solo::new(served.context.shared).expect("descriptors can be had"),
            served,
        }
    }
}

thread_local! {
    static PAIR: RefCell<Option<Pair>> = const { RefCell::new(None) };
}

/// Two datagrams: the answers are those of their requests, or an error if those are too long.
pub fn check(data: &[u8]) {
    // The second begins where the first byte says.
    let Some((&at, data)) = data.split_first() else {
        return;
    };
    let (first, second) = data.split_at(data.len() * usize::from(at) / 256);
    PAIR.with_borrow_mut(|pair| {
        let pair = pair.get_or_insert_with(Pair::new);
        let last_cas = pair.plain.reset();
        assert_eq!(pair.served.reset(), last_cas, "the servers parted");
        for data in [first, second] {
            if !is_answered_alike(data) || data.is_empty() || data.len() > DATA_MAX {
                return;
            }
            let Case { data, expected } = Case::of(data, last_cas, &pair.plain);
            let answered = pair.solo.datagram(&data);
            if answered == b"SERVER_ERROR out of memory writing get response\r\n" {
                assert!(expected.len() > ANSWER_MIN, "{} bytes", expected.len());
                continue;
            }
            let clean = without_stats(&data);
            let (expected, answered) = (clean(&expected), clean(&answered));
            assert!(
                expected == answered,
                "to the datagram: {}\nto the requests: {}",
                answered.escape_ascii(),
                expected.escape_ascii()
            );
        }
    });
}
