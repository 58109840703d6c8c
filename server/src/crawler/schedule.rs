//! When the crawler comes to a class by itself.
//!
//! Source: mcrsd.md 8.5. Differs from memcached in that it counts classes, not the segments of each.

use crate::engine::{CLASSES_MAX, Found, Quota};

/// Ticks between the launch and the first run.
const FIRST_AFTER: u32 = 1;
/// Ticks between two runs over a class at least.
const LEAST: u32 = 5;
/// Ticks that a run which finds nothing adds to the pause before the next.
const MORE: u32 = 60;
/// Ticks between two runs at most.
const MOST: u32 = 3600;
/// Ticks that a run by command keeps the crawler from coming by itself.
const RESPITE: u32 = 60;
/// Minutes looked ahead.
const MINUTES: usize = 60;

/// What a run saw of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    /// Live items by the minutes they have left; what has more is not in it.
    minutes: [u64; MINUTES],
    /// Live items that will expire some day.
    mortal: u64,
    /// Items looked at.
    pub(super) examined: u64,
    /// Dead items dropped.
    pub(super) reclaimed: u64,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            minutes: [0; MINUTES],
            mortal: 0,
            examined: 0,
            reclaimed: 0,
        }
    }
}

impl Tally {
    /// Counts an item.
    pub(super) fn add(&mut self, found: Found, now: u32) {
        self.examined += 1;
        match found {
            Found::Reclaimed => self.reclaimed += 1,
            Found::Live { expiry: 0 } => {}
            Found::Live { expiry } => {
                self.mortal += 1;
                let minute = expiry.saturating_sub(now) as usize / 60;
                if let Some(count) = self.minutes.get_mut(minute) {
                    *count += 1;
                }
            }
        }
    }

    /// How many items must expire to make a run worth it: more than one in a hundred of those that
    /// can.
    pub(super) fn low_mark(&self) -> u64 {
        self.mortal / 100 + 1
    }

    /// Live items that will expire within what is looked ahead.
    pub(super) fn next_reclaims(&self) -> u64 {
        self.minutes.iter().sum()
    }

    /// Ticks until a run is worth it, if that is within what is looked ahead.
    fn worth_it_in(&self) -> Option<u32> {
        let mut gone = 0;
        let minute = self.minutes.iter().position(|&count| {
            gone += count;
            gone >= self.low_mark()
        });
        minute.map(|minute| minute as u32 * 60)
    }
}

/// When a class is due, and the pause that led there.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: u32,
    pause: u32,
    /// Not before, even if there is a hurry.
    earliest: u32,
}

/// When each class is due.
#[derive(Debug)]
pub(super) struct Schedule {
    /// By class, counted from 0.
    due: [Due; CLASSES_MAX],
    not_before: u32,
}

impl Schedule {
    /// All classes are due soon after `now`.
    pub(super) fn new(now: u32) -> Schedule {
        let at = now + FIRST_AFTER;
        Schedule {
            due: [Due {
                at,
                pause: 0,
                earliest: at,
            }; CLASSES_MAX],
            not_before: 0,
        }
    }

    /// The classes that are due, all items of each.
    pub(super) fn due(&self, now: u32, items: u32) -> Quota {
        let mut quota = Quota::none();
        if now >= self.not_before {
            for (index, due) in self.due.iter().enumerate() {
                if now >= due.at {
                    quota.add(index + 1, items);
                }
            }
        }
        quota
    }

    /// Keeps away for a while, because somebody gave a command.
    pub(super) fn defer(&mut self, now: u32) {
        self.not_before = now + RESPITE;
    }

    /// Has everything looked at as soon as may be, for much of it has died.
    pub(super) fn hurry(&mut self, now: u32) {
        for due in &mut self.due {
            due.at = due.at.min(due.earliest.max(now));
        }
    }

    /// Decides when a class, counted from 1, is due again after a run. Ticks until then.
    pub(super) fn note(&mut self, class: usize, tally: &Tally, now: u32) -> u32 {
        let Some(due) = class.checked_sub(1).and_then(|at| self.due.get_mut(at)) else {
            return 0;
        };
        due.pause = match tally.worth_it_in() {
            Some(ticks) => ticks.clamp(LEAST, MOST),
            None => (due.pause + MORE).min(MOST),
        };
        due.at = now + due.pause;
        due.earliest = now + LEAST;
        due.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(expiry: u32) -> Found {
        Found::Live { expiry }
    }

    /// Ticks from a run at 100 that saw these items to the next.
    fn pause(items: &[(Found, usize)], runs: usize) -> u32 {
        let mut tally = Tally::default();
        for &(found, count) in items {
            (0..count).for_each(|_| tally.add(found, 100));
        }
        let mut schedule = Schedule::new(2);
        for _ in 0..runs {
            schedule.note(1, &tally, 100);
        }
        // The other classes are due all the time; only the first one counts here.
        schedule.due[1..].fill(Due {
            at: u32::MAX,
            pause: 0,
            earliest: u32::MAX,
        });
        let is_due = |now: &u32| !schedule.due(*now, 0).is_used_up();
        (100..).find(is_due).unwrap_or(u32::MAX) - 100
    }

    #[test]
    fn everything_is_due_after_the_launch() {
        let schedule = Schedule::new(2);
        assert!(schedule.due(2, 0).is_used_up());
        assert!(!schedule.due(3, 0).is_used_up());
    }

    #[test]
    fn runs_that_find_nothing_become_rare() {
        assert_eq!(pause(&[], 1), 60);
        assert_eq!(pause(&[(live(0), 1000)], 2), 120);
        assert_eq!(pause(&[(live(100 + 86_400), 1000)], 3), 180);
        assert_eq!(pause(&[], 1000), 3600);
    }

    #[test]
    fn runs_come_when_enough_will_have_expired() {
        assert_eq!(pause(&[(live(110), 1), (live(0), 10)], 1), 5);
        assert_eq!(pause(&[(live(100 + 650), 20)], 9), 600);
        // One of a hundred and one is not more than a hundredth, two are.
        let late = (live(100 + 1200), 100);
        assert_eq!(pause(&[(live(101), 1), late], 1), 1200);
        assert_eq!(pause(&[(live(101), 2), late], 1), 5);
    }

    #[test]
    fn everything_is_looked_at_soon_when_told_to_hurry() {
        let mut schedule = Schedule::new(2);
        for class in 1..=CLASSES_MAX {
            schedule.note(class, &Tally::default(), 10);
        }
        schedule.hurry(12);
        assert!(schedule.due(14, 0).is_used_up());
        assert_eq!(schedule.due(15, 0).classes().count(), CLASSES_MAX);
        for class in 1..=CLASSES_MAX {
            schedule.note(class, &Tally::default(), 15);
        }
        schedule.hurry(30);
        assert_eq!(schedule.due(30, 0).classes().count(), CLASSES_MAX);
    }

    #[test]
    fn a_command_keeps_the_crawler_away_for_a_minute() {
        let mut schedule = Schedule::new(2);
        schedule.defer(10);
        assert!(schedule.due(69, 0).is_used_up());
        assert!(!schedule.due(70, 0).is_used_up());
    }
}
