//! The model's meta commands. The clock stands still, so every age is 0.

use super::{Held, Item, Model, Size, TOO_LARGE, count, joined};
use crate::meta_line::Meta;
use crate::number::strtoul;
use crate::server::exec::{End, Step};

impl Model {
    /// What a meta command answers; does it.
    pub(super) fn meta(
        &mut self,
        request: &Meta<'_>,
        step: &Step<'_>,
        held: &dyn Fn(&[u8]) -> Option<Held>,
    ) -> Vec<u8> {
        match request.verb {
            b'g' => self.meta_get(request, step),
            b's' => self.meta_store(request, step, held),
            b'd' => self.meta_delete(request),
            b'a' => self.meta_arith(request, step),
            b'e' => self.meta_debug(request, step),
            _ => b"MN\r\n".to_vec(),
        }
    }

    fn meta_get(&mut self, request: &Meta<'_>, step: &Step<'_>) -> Vec<u8> {
        let key = &request.key;
        let created = self.live(key).is_none() && request.has(b'N');
        if created {
            let new = Item {
                cas: self.wanted_cas(request).or(self.told_cas(step)),
                encoded: request.binary,
                ..Item::new(0, Vec::new(), None)
            };
            self.items.insert(key.clone(), new);
        }
        let (now, recache) = (self.now, self.point(request, b'R'));
        let (touch, vivify) = (self.point(request, b'T'), self.point(request, b'N'));
        let Some(item) = self.items.get_mut(key) else {
            return status(request, "EN", &[]);
        };
        let mut words = Vec::new();
        let mut won = created;
        let mut gone = false;
        for (letter, arg) in &request.flags {
            let letter = char::from(*letter);
            let ttl = item.expiry.map_or(-1, |at| at - now);
            match letter {
                'T' | 'N' if letter == 'T' || created => {
                    let point = if letter == 'T' { touch } else { vivify };
                    gone = point == Some(Point::Past);
                    item.expiry = match point {
                        Some(Point::At(unix)) => Some(unix),
                        _ => None,
                    };
                }
                'R' => {
                    if let (Some(end), Some(Point::At(before))) = (item.expiry, recache) {
                        won |= !item.sent && end < before;
                    }
                }
                's' => words.push(format!("s{}", item.value.len()).into_bytes()),
                'f' => words.push(format!("f{}", item.flags).into_bytes()),
                'c' => words.push(format!("c{}", item.cas.unwrap_or_default()).into_bytes()),
                't' if gone => words.push(b"t0".to_vec()),
                't' => words.push(format!("t{ttl}").into_bytes()),
                'l' => words.push(b"l0".to_vec()),
                'h' => words.push(format!("h{}", u8::from(item.fetched)).into_bytes()),
                'k' => {
                    let printable = key.iter().all(|&b| b > b' ');
                    let encoded = item.encoded || (request.binary && !printable);
                    words.extend(named(key, encoded));
                }
                'O' => words.push([b"O", *arg].concat()),
                _ => {}
            }
        }
        won |= item.stale && !item.sent;
        for (is_true, letter) in [(item.sent, b'Z'), (item.stale, b'X'), (won, b'W')] {
            if is_true {
                words.push(vec![letter]);
            }
        }
        item.sent |= won;
        item.fetched |= !request.has(b'u');
        let same = !created && request.number(b'C') == item.cas.map(i128::from);
        let value = (request.has(b'v') && !(same && request.has(b'C'))).then(|| item.value.clone());
        if gone {
            self.items.remove(key);
        }
        answer("HD", value.as_deref(), &words)
    }

    fn meta_store(
        &mut self,
        request: &Meta<'_>,
        step: &Step<'_>,
        held: &dyn Fn(&[u8]) -> Option<Held>,
    ) -> Vec<u8> {
        let key = &request.key;
        let too_large = match self.size(key.len() + request.len as usize) {
            Size::Fits => false,
            Size::Unclear if step.end == End::Unfinished => held(key).is_none(),
            Size::Unclear => step.reply == TOO_LARGE,
            Size::TooLarge => true,
        };
        if too_large {
            self.take(key);
        }
        let Some(block) = step.block else {
            return Vec::new();
        };
        assert_eq!(block.len(), request.len as usize + 2);
        if too_large {
            return TOO_LARGE.to_vec();
        }
        let Some(value) = block.strip_suffix(b"\r\n") else {
            return b"CLIENT_ERROR bad data chunk\r\n".to_vec();
        };
        let told = self.told_cas(step);
        let compare = request.number(b'C');
        let flags = u32::try_from(request.number(b'F').unwrap_or(0)).expect("32 bits");
        let mut exptime = exptime(request, b'T').unwrap_or(0);
        let old = self.live(key).cloned();
        let old_cas = old.as_ref().and_then(|old| old.cas).map(i128::from);
        let mut new = Item {
            encoded: request.binary,
            ..Item::new(flags, value.to_vec(), None)
        };
        let mut kept = None;
        let code = match (request.mode, &old) {
            (b'S' | b'R', None) if compare.is_some() => "NF",
            (b'S' | b'R', Some(old)) if compare.is_some() => {
                let older = request.has(b'I') && compare < old_cas;
                if compare == Some(0) || (compare != old_cas && !older) {
                    "EX"
                } else {
                    if compare != old_cas {
                        (new.stale, new.sent) = (true, old.sent);
                        kept = Some(old.expiry);
                    }
                    "HD"
                }
            }
            (b'S', _) | (b'R', Some(_)) | (b'E', None) => "HD",
            (b'A' | b'P', None) => match self::exptime(request, b'N') {
                Some(vivify) => {
                    exptime = vivify;
                    "HD"
                }
                None => "NS",
            },
            (b'A' | b'P', Some(old)) => {
                let compared = compare.filter(|&cas| cas != 0);
                if compared.is_some() && compared != old_cas {
                    "EX"
                } else {
                    new = joined(old, value, request.mode == b'A');
                    kept = Some(old.expiry);
                    match self.size(key.len() + new.value.len()) {
                        Size::Unclear if step.reply.starts_with(b"NS") => "NS",
                        Size::Fits | Size::Unclear => "HD",
                        Size::TooLarge => "NS",
                    }
                }
            }
            _ => "NS",
        };
        if code != "HD" {
            if request.mode == b'E' {
                self.read(key, None);
            }
            let figures = [(b'c', 0), (b's', value.len() as u64)];
            return status(request, code, &figures);
        }
        new.cas = self.wanted_cas(request).or(told);
        let figures = [
            (b'c', new.cas.unwrap_or_default()),
            (b's', new.value.len() as u64),
        ];
        match kept {
            Some(expiry) => {
                new.expiry = expiry;
                self.items.insert(key.clone(), new);
            }
            None => self.put(key, new, exptime),
        }
        status(request, code, &figures)
    }

    fn meta_delete(&mut self, request: &Meta<'_>) -> Vec<u8> {
        let key = &request.key;
        let Some(old) = self.live(key).cloned() else {
            return status(request, "NF", &[]);
        };
        let compare = request.number(b'C');
        if compare.is_some() && compare != old.cas.map(i128::from) {
            return status(request, "EX", &[]);
        }
        let stale = request.has(b'I');
        let wanted = self.wanted_cas(request);
        let touch = exptime(request, b'T');
        let mut new = if request.has(b'x') {
            let flags = request.number(b'F').unwrap_or(0);
            Item {
                encoded: old.encoded,
                cas: old.cas,
                ..Item::new(flags as u32, Vec::new(), None)
            }
        } else if stale {
            Item { sent: false, ..old }
        } else {
            self.items.remove(key);
            return status(request, "HD", &[]);
        };
        if stale {
            new.stale = true;
            new.cas = None;
        }
        new.cas = wanted.or(new.cas);
        match touch {
            Some(exptime) => self.put(key, new, exptime),
            None => drop(self.items.insert(key.clone(), new)),
        }
        status(request, "HD", &[])
    }

    fn meta_arith(&mut self, request: &Meta<'_>, step: &Step<'_>) -> Vec<u8> {
        let key = &request.key;
        let created = self.live(key).is_none();
        let told = self.told_cas(step);
        let wanted = self.wanted_cas(request);
        let (now, chunk_max) = (self.now, self.sizes.chunk_max);
        let (touch, vivify) = (self.point(request, b'T'), self.point(request, b'N'));
        if created {
            if vivify.is_none() {
                return status(request, "NF", &[]);
            }
            let number = request.number(b'J').unwrap_or(0);
            let new = Item {
                encoded: request.binary,
                ..Item::new(0, number.to_string().into_bytes(), None)
            };
            self.items.insert(key.clone(), new);
        }
        let item = self.items.get_mut(key).expect("made if it was not there");
        if !created {
            let refused = b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
            let in_pieces = match Size::of(key.len() + item.value.len(), chunk_max) {
                Size::Fits => false,
                Size::Unclear => step.reply == refused,
                Size::TooLarge => true,
            };
            if in_pieces || item.value.is_empty() {
                return refused.to_vec();
            }
            let compare = request.number(b'C').filter(|&cas| cas != 0);
            if compare.is_some() && compare != item.cas.map(i128::from) {
                return status(request, "EX", &[]);
            }
            let Some(number) = strtoul(&item.value) else {
                return refused.to_vec();
            };
            let delta = u64::try_from(request.number(b'D').unwrap_or(1)).expect("64 bits");
            let number = match request.mode {
                b'I' => number.wrapping_add(delta),
                _ => number.saturating_sub(delta),
            };
            count(item, number.to_string().into_bytes());
        }
        item.cas = wanted.or(told);
        let cas = item.cas.unwrap_or_default();
        let mut words = Vec::new();
        let mut gone = false;
        for (letter, arg) in &request.flags {
            match letter {
                b'T' | b'N' if *letter == b'T' || created => {
                    let point = if *letter == b'T' { touch } else { vivify };
                    gone = point == Some(Point::Past);
                    item.expiry = match point {
                        Some(Point::At(unix)) => Some(unix),
                        _ => None,
                    };
                }
                b't' if gone => words.push(b"t0".to_vec()),
                b't' => {
                    let ttl = item.expiry.map_or(-1, |at| at - now);
                    words.push(format!("t{ttl}").into_bytes());
                }
                b'c' => words.push(format!("c{cas}").into_bytes()),
                b'k' => words.extend(named(key, request.binary)),
                b'O' => words.push([b"O", *arg].concat()),
                _ => {}
            }
        }
        let digits = item.value.trim_ascii_end().to_vec();
        if gone {
            self.items.remove(key);
        }
        if request.has(b'q') && !created {
            return Vec::new();
        }
        answer("HD", request.has(b'v').then_some(&digits[..]), &words)
    }

    fn meta_debug(&mut self, request: &Meta<'_>, step: &Step<'_>) -> Vec<u8> {
        let now = self.now;
        let Some(item) = self.live(&request.key) else {
            return b"EN\r\n".to_vec();
        };
        let name = form(&request.key, request.binary || item.encoded);
        let figures = format!(
            " exp={} la=0 cas={} fetch={} cls=",
            item.expiry.map_or(-1, |at| at - now),
            item.cas.unwrap_or_default(),
            if item.fetched { "yes" } else { "no" },
        );
        let begin = [b"ME ", &name[..], figures.as_bytes()].concat();
        if step.reply.starts_with(&begin) && step.reply.ends_with(b"\r\n") {
            // Class and size are the server's to know.
            return step.reply.clone();
        }
        begin
    }

    /// The id a new item is to have.
    fn wanted_cas(&self, request: &Meta<'_>) -> Option<u64> {
        let wanted = request.number(b'E')?;
        Some(u64::try_from(wanted).expect("64 bits"))
    }

    /// The id that the first line of an answer tells: above all ids before, or 0.
    fn told_cas(&self, step: &Step<'_>) -> Option<u64> {
        let line = step.reply.split(|&b| b == b'\n').next()?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut words = line.split(|&b| b == b' ').skip(1);
        let told = words.find_map(|word| strtoul(word.strip_prefix(b"c")?))?;
        (told > self.last_cas).then_some(told)
    }

    /// The time a flag names.
    fn point(&self, request: &Meta<'_>, letter: u8) -> Option<Point> {
        Some(match self.expiry(exptime(request, letter)?) {
            None => Point::Past,
            Some(None) => Point::Never,
            Some(Some(unix)) => Point::At(unix),
        })
    }
}

/// When something is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    Past,
    Never,
    /// A Unix time in seconds.
    At(i64),
}

fn exptime(request: &Meta<'_>, letter: u8) -> Option<i64> {
    let exptime = request.number(letter)?;
    Some(i64::try_from(exptime).expect("32 bits"))
}

/// A line of a code, and of what the flags ask for: figures by their letters.
fn status(request: &Meta<'_>, code: &str, figures: &[(u8, u64)]) -> Vec<u8> {
    let expected = match request.verb {
        b'g' => "EN",
        _ => "HD",
    };
    if request.has(b'q') && code == expected {
        return Vec::new();
    }
    let mut words = Vec::new();
    for (letter, arg) in &request.flags {
        match letter {
            b'O' => words.push([b"O", *arg].concat()),
            b'k' => words.extend(named(&request.key, request.binary)),
            _ => {
                if let Some((_, figure)) = figures.iter().find(|(other, _)| other == letter) {
                    words.push(format!("{}{figure}", char::from(*letter)).into_bytes());
                }
            }
        }
    }
    answer(code, None, &words)
}

/// A whole reply: a value takes the place of the code.
fn answer(code: &str, value: Option<&[u8]>, words: &[Vec<u8>]) -> Vec<u8> {
    let mut reply = match value {
        Some(value) => format!("VA {}", value.len()).into_bytes(),
        None => code.as_bytes().to_vec(),
    };
    for word in words {
        reply.push(b' ');
        reply.extend_from_slice(word);
    }
    reply.extend_from_slice(b"\r\n");
    if let Some(value) = value {
        reply.extend_from_slice(value);
        reply.extend_from_slice(b"\r\n");
    }
    reply
}

/// The words that return a key.
fn named(key: &[u8], encoded: bool) -> Vec<Vec<u8>> {
    let mut words = vec![[b"k", &form(key, encoded)[..]].concat()];
    if encoded {
        words.push(b"b".to_vec());
    }
    words
}

/// A key as it is or in base64.
fn form(key: &[u8], encoded: bool) -> Vec<u8> {
    if !encoded {
        return key.to_vec();
    }
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| key.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let mut text = Vec::new();
    for at in (0..key.len().div_ceil(3) * 24).step_by(6) {
        text.push(if at >= key.len() * 8 {
            b'='
        } else {
            let number = (at..at + 6).fold(0, |n, at| n << 1 | bit(at));
            CHARACTERS[usize::from(number)]
        });
    }
    text
}
