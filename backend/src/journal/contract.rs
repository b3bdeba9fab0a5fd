//! What every journal keeps to, asked of each.

use commonroom_protocol::{GapWhy, Seq, limits};
use proptest::prelude::*;

use super::bench::{Bench, draft, seqs, told};
use super::{Draft, Fate, Resume};
use crate::measure::lines;
use crate::name::{By, Nick, RoomName};
use crate::refusal::Refusal;

const ALL: Seq = Seq(u64::MAX);

fn ops() -> RoomName {
    RoomName::parse("ops").unwrap()
}

#[tokio::test]
async fn a_room_begins_empty() {
    for bench in Bench::both() {
        let (lobby, journal) = (RoomName::lobby(), &bench.journal);
        let opened = journal.open(&lobby).await.unwrap();
        assert_eq!((opened.head, opened.last.len(), opened.epoch.len()), (Seq(0), 0, 8));
        assert_eq!(journal.oldest(&lobby).await.unwrap(), Seq(1));
        assert_eq!(told(&journal.before(&lobby, ALL, 10).await.unwrap()), (vec![], false));
        assert_eq!(told(&journal.after(&lobby, Seq(0), 10).await.unwrap()), (vec![], false));
        assert_eq!(told(&journal.around(&lobby, Seq(5), 10).await.unwrap()), (vec![], false));
        assert_eq!(journal.resume(&lobby, Seq(0)).await.unwrap(), Resume { from: Seq(0), gap: None });
        assert_eq!(journal.seq_at(&lobby, 1000).await.unwrap(), Seq(0));
        assert!(bench.search("text", 10, 1).await.said.is_empty());
    }
}

#[tokio::test]
async fn seqs_start_at_one_in_each_room_and_name_the_one_before() {
    for mut bench in Bench::both() {
        bench.say(1..=3).await;
        let elsewhere = Draft { room: ops(), ..draft("elsewhere", "text") };
        let fates = bench.post(vec![elsewhere, draft("4", "text 4")]).await;
        let places: Vec<_> = fates.iter().flat_map(|(said, _)| said).map(|said| (said.prev.0, said.seq.0)).collect();
        assert_eq!(places, [(0, 1), (3, 4)]);
        let opened = bench.journal.open(&RoomName::lobby()).await.unwrap();
        assert_eq!((opened.head, seqs(&opened.last)), (Seq(4), vec![1, 2, 3, 4]));
        assert!(opened.last.iter().all(|said| said.prev.0 + 1 == said.seq.0));
    }
}

#[tokio::test]
async fn a_room_opens_with_its_last_fifty() {
    for mut bench in Bench::both() {
        bench.say(1..=70).await;
        let opened = bench.journal.open(&RoomName::lobby()).await.unwrap();
        assert_eq!((opened.head, seqs(&opened.last)), (Seq(70), (21..=70).collect()));
    }
}

#[tokio::test]
async fn the_same_draft_is_stored_once_also_within_a_batch() {
    for mut bench in Bench::both() {
        let other = Draft { by: By(8), ..draft("1", "text") };
        let action = Draft { me: true, ..draft("1", "text") };
        let elsewhere = Draft { room: ops(), ..draft("1", "text") };
        let drafts = vec![draft("1", "text"), draft("1", "text"), draft("1", "another"), action, elsewhere, other];
        let fates = bench.post(drafts).await;
        let new: Vec<bool> = fates.iter().map(|(said, _)| said.is_some()).collect();
        assert_eq!(new, [true, false, false, false, false, true]);
        assert!(matches!(&fates[1].1, Fate::Again(said) if said.seq == Seq(1)), "{fates:?}");
        for (_, fate) in &fates[2..5] {
            assert!(matches!(fate, Fate::Refused(Refusal::CidReuse)), "{fate:?}");
        }
        // Again in another batch; what was refused has taken no place.
        let fates = bench.post(vec![draft("1", "text"), draft("2", "text")]).await;
        assert!(matches!(&fates[0].1, Fate::Again(said) if said.seq == Seq(1)), "{fates:?}");
        assert!(matches!(&fates[1].1, Fate::Stored(Seq(3))), "{fates:?}");
    }
}

#[tokio::test]
async fn pages_are_oldest_first_and_say_whether_there_is_more() {
    for mut bench in Bench::both() {
        bench.say(1..=10).await;
        // The neighbours in the file are no neighbours in the room.
        for (cid, room) in [("before", "a"), ("behind", "z")] {
            bench.post(vec![Draft { room: RoomName::parse(room).unwrap(), ..draft(cid, "text") }]).await;
        }
        let (lobby, journal) = (RoomName::lobby(), &bench.journal);
        let before = async |seq, limit| told(&journal.before(&lobby, Seq(seq), limit).await.unwrap());
        assert_eq!(before(6, 3).await, (vec![3, 4, 5], true));
        assert_eq!(before(4, 3).await, (vec![1, 2, 3], false));
        assert_eq!(before(3, 3).await, (vec![1, 2], false));
        assert_eq!(before(1, 3).await, (vec![], false));
        assert_eq!(before(0, 3).await, (vec![], false));
        assert_eq!(before(11, 1).await, (vec![10], true));
        assert_eq!(before(u64::MAX, 2).await, (vec![9, 10], true));
        let after = async |seq, limit| told(&journal.after(&lobby, Seq(seq), limit).await.unwrap());
        assert_eq!(after(6, 3).await, (vec![7, 8, 9], true));
        assert_eq!(after(7, 3).await, (vec![8, 9, 10], false));
        assert_eq!(after(0, 1).await, (vec![1], true));
        assert_eq!(after(10, 3).await, (vec![], false));
        assert_eq!(after(u64::MAX, 3).await, (vec![], false));
        let around = async |seq, limit| told(&journal.around(&lobby, Seq(seq), limit).await.unwrap());
        assert_eq!(around(5, 4).await, (vec![3, 4, 5, 6], true));
        assert_eq!(around(1, 4).await, (vec![1, 2, 3, 4], true));
        assert_eq!(around(10, 4).await, (vec![8, 9, 10], true));
        assert_eq!(around(5, 50).await, ((1..=10).collect(), false));
        assert_eq!(around(99, 4).await, (vec![9, 10], true));
    }
}

#[tokio::test]
async fn a_page_is_as_long_as_what_is_told_at_once() {
    for mut bench in Bench::both() {
        let text = ["x".repeat(30).as_str(); 100].join("\n");
        bench.post((1..=30).map(|i| draft(&i.to_string(), &text)).collect()).await;
        let (lobby, journal) = (RoomName::lobby(), &bench.journal);
        let fit = (limits::PAGE_BYTES / lines("ana", &text)) as u64;
        assert!((4..20).contains(&fit), "{fit}");
        let before = journal.before(&lobby, Seq(21), 200).await.unwrap();
        assert_eq!(told(&before), ((21 - fit..=20).collect(), true), "the nearest ones");
        let after = journal.after(&lobby, Seq(10), 200).await.unwrap();
        assert_eq!(told(&after), ((11..=10 + fit).collect(), true));
        let around = told(&journal.around(&lobby, Seq(15), 200).await.unwrap());
        assert_eq!(around, ((15 - fit / 2..15 + fit / 2).collect(), true), "as many on either side");
        let found = bench.search("xx*", 20, 0).await;
        assert_eq!((seqs(&found.said), found.more), ((31 - fit..=30).collect(), true));
    }
}

#[tokio::test]
async fn a_message_that_fills_more_than_a_page_is_one() {
    for mut bench in Bench::both() {
        // Of before names were bounded in bytes: 100 lines with such a name are 49,000 bytes.
        let nick = Nick::of_somebody(&"\u{1000}\u{102d}\u{102f}\u{1036}\u{1037}".repeat(32)).unwrap();
        let long = |i: u64| Draft { from: nick.clone(), ..draft(&i.to_string(), &["x"; 100].join("\n")) };
        bench.post((1..=5).map(long).collect()).await;
        let (lobby, journal) = (RoomName::lobby(), &bench.journal);
        assert_eq!(told(&journal.before(&lobby, ALL, 200).await.unwrap()), (vec![5], true));
        assert_eq!(told(&journal.after(&lobby, Seq(0), 200).await.unwrap()), (vec![1], true));
        assert_eq!(told(&journal.around(&lobby, Seq(3), 200).await.unwrap()), (vec![2, 3], true));
        assert_eq!(bench.search("x", 5, 0).await.hits, [Seq(5)]);
    }
}

#[tokio::test]
async fn the_newest_begin_after_a_message() {
    for mut bench in Bench::both() {
        bench.say(1..=10).await;
        let tail = async |seq, count| bench.journal.tail(&RoomName::lobby(), Seq(seq), count).await.unwrap().0;
        assert_eq!([tail(u64::MAX, 3).await, tail(11, 3).await, tail(6, 2).await], [7, 7, 3]);
        assert_eq!([tail(11, 10).await, tail(11, 50).await, tail(1, 5).await], [0, 0, 0]);
        let nothing = bench.journal.tail(&ops(), Seq(u64::MAX), 3).await.unwrap();
        assert_eq!(nothing, Seq(0));
    }
}

#[tokio::test]
async fn a_resume_tells_five_thousand_or_the_last_two_hundred() {
    for mut bench in Bench::both() {
        bench.say(1..=5001).await;
        let (lobby, journal) = (RoomName::lobby(), &bench.journal);
        let resume = async |since| journal.resume(&lobby, Seq(since)).await.unwrap();
        assert_eq!(resume(1).await, Resume { from: Seq(1), gap: None });
        assert_eq!(resume(0).await, Resume { from: Seq(4801), gap: Some(GapWhy::Limit) });
        assert_eq!(resume(5000).await, Resume { from: Seq(5000), gap: None });
        assert_eq!(resume(5001).await, Resume { from: Seq(5001), gap: None });
    }
}

#[tokio::test]
async fn a_rooms_times_never_go_back() {
    for mut bench in Bench::both() {
        let at = |cid: &str, at| Draft { at, ..draft(cid, "text") };
        let fates = bench.post(vec![at("1", 2000), at("2", 1000), at("3", 3000)]).await;
        let times: Vec<_> = fates.iter().flat_map(|(said, _)| said).map(|said| said.at).collect();
        assert_eq!(times, [2000, 2000, 3000]);
        // Another room has its own time.
        let elsewhere = bench.post(vec![Draft { room: ops(), ..at("4", 10) }]).await;
        assert_eq!(elsewhere[0].0.as_ref().unwrap().at, 10);
    }
}

#[tokio::test]
async fn what_is_found_comes_with_its_neighbours_each_once() {
    for mut bench in Bench::both() {
        bench.say(1..=5).await;
        bench.post(vec![draft("6", "the weather"), draft("7", "text 7"), draft("8", "Weather! 天气")]).await;
        bench.say(9..=12).await;
        let found = bench.search("weather", 10, 1).await;
        assert_eq!((seqs(&found.said), found.more), (vec![5, 6, 7, 8, 9], false));
        assert_eq!(found.hits, [Seq(8), Seq(6)]);
        let one = bench.search("weather", 1, 0).await;
        assert_eq!((seqs(&one.said), one.more), (vec![8], true));
        assert_eq!(bench.search("天气", 10, 0).await.hits, [Seq(8)]);
        assert!(bench.search("nowhere", 10, 2).await.said.is_empty());
        assert!(bench.search("", 10, 2).await.said.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_time_is_found_as_by_a_plain_scan(times in prop::collection::vec(0..50_i64, 0..40), asked in prop::collection::vec(-1..52_i64, 8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for mut bench in Bench::both() {
                let drafts = times.iter().enumerate().map(|(i, at)| Draft { at: *at, ..draft(&i.to_string(), "text") });
                bench.post(drafts.collect()).await;
                let said = bench.journal.after(&RoomName::lobby(), Seq(0), 100).await.unwrap().said;
                for at in &asked {
                    let last = said.iter().filter(|said| said.at < *at).map(|said| said.seq).max();
                    let found = bench.journal.seq_at(&RoomName::lobby(), *at).await.unwrap();
                    assert_eq!(found, last.unwrap_or_default(), "before {at} in {times:?}");
                }
            }
        });
    }
}
