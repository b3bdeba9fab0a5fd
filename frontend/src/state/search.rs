//! What a search has found.

use commonroom_protocol::{Code, Said, Seq};

/// The messages that were found so far, each with those beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What was asked for.
    pub query: String,
    /// Messages that have the words, newest first.
    pub hits: Vec<Seq>,
    /// There are older ones.
    pub more: bool,
    /// The server does not search for it: the code, and the reason in its words.
    pub refused: Option<(Code, String)>,
    said: Vec<Said>,
}

impl Found {
    /// Nothing, and why.
    pub(super) fn refused(query: String, code: Code, message: String) -> Self {
        Found { query, refused: Some((code, message)), ..Found::default() }
    }

    /// Takes in an answer: another query's in the place of what was there, older hits below it.
    pub(super) fn take(&mut self, query: String, before: Option<Seq>, said: Vec<Said>, more: bool, hits: Box<[Seq]>) {
        if before.is_none() || self.query != query {
            *self = Found { query, ..Found::default() };
        }
        self.more = more;
        self.hits.extend(hits);
        for said in said {
            if let Err(at) = self.said.binary_search_by_key(&said.seq, |said| said.seq) {
                self.said.insert(at, said);
            }
        }
    }

    /// The messages beside a hit and the hit itself, oldest first: those that follow each other without a gap.
    pub fn around(&self, hit: Seq, neighbours: usize) -> &[Said] {
        let Ok(at) = self.said.binary_search_by_key(&hit, |said| said.seq) else { return &[] };
        let joined = |at: usize| self.said[at].prev == self.said[at - 1].seq;
        let mut start = at;
        while start > 0 && at - start < neighbours && joined(start) {
            start -= 1;
        }
        let mut end = at + 1;
        while end < self.said.len() && end - at <= neighbours && joined(end) {
            end += 1;
        }
        &self.said[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::message;

    fn page(found: &mut Found, before: Option<u64>, seqs: &[u64], hits: &[u64]) {
        let said = seqs.iter().map(|seq| message(*seq, "x")).collect();
        found.take("q".into(), before.map(Seq), said, true, hits.iter().map(|hit| Seq(*hit)).collect());
    }

    fn around(found: &Found, hit: u64) -> Vec<u64> {
        found.around(Seq(hit), 2).iter().map(|said| said.seq.0).collect()
    }

    #[test]
    fn a_hit_stands_among_those_beside_it() {
        let mut found = Found::default();
        page(&mut found, None, &[1, 2, 3, 38, 39, 40, 41, 42], &[40, 1]);
        assert_eq!(around(&found, 40), [38, 39, 40, 41, 42]);
        assert_eq!(around(&found, 1), [1, 2, 3]);
        assert_eq!(around(&found, 39), [38, 39, 40, 41]);
        assert_eq!(around(&found, 7), [0; 0]);
    }

    #[test]
    fn older_hits_come_below_and_share_what_is_beside_them() {
        let mut found = Found::default();
        page(&mut found, None, &[38, 39, 40], &[40]);
        page(&mut found, Some(40), &[36, 37, 38], &[37]);
        assert_eq!(found.hits, [Seq(40), Seq(37)]);
        assert_eq!(around(&found, 37), [36, 37, 38, 39]);
    }

    #[test]
    fn another_query_begins_anew() {
        let mut found = Found::default();
        page(&mut found, None, &[40], &[40]);
        found.take("other".into(), None, Vec::new(), false, Box::default());
        assert_eq!(found, Found { query: "other".into(), ..Found::default() });
    }
}
