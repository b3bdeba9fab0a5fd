//! The rooms that were visited in this browser, in the order of the first visit.

/// Rooms that are remembered. The one not visited for the longest time goes first.
pub const MOST: usize = 20;
const LOBBY: &str = "lobby";

/// Names of rooms. The lobby is always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visited(Vec<String>);

impl Visited {
    /// The rooms of [`Visited::to_keep`]; the lobby if nothing was kept.
    pub fn kept(lines: &str) -> Self {
        let mut visited = Visited(vec![LOBBY.to_owned()]);
        for name in lines.split('\n').filter(|name| !name.is_empty()) {
            visited.visit(name);
        }
        visited
    }

    /// The room is one of them from now on. False if it was already.
    pub fn visit(&mut self, name: &str) -> bool {
        let new = !self.0.iter().any(|known| known == name);
        if new {
            if self.0.len() == MOST {
                self.0.remove(1);
            }
            self.0.push(name.to_owned());
        }
        new
    }

    /// The room is none of them any more, unless it is the lobby.
    pub fn forget(&mut self, name: &str) {
        self.0.retain(|known| known == LOBBY || known != name);
    }

    /// The names, one a line: a room's name has no line feed.
    pub fn to_keep(&self) -> String {
        self.0.join("\n")
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lobby_is_always_there() {
        assert_eq!(Visited::kept("").names(), ["lobby"]);
        assert_eq!(Visited::kept("ops\nlobby").names(), ["lobby", "ops"]);
    }

    #[test]
    fn a_room_is_there_once_and_where_it_came_first() {
        let mut visited = Visited::kept("");
        assert!(visited.visit("ops"));
        assert!(visited.visit("上课"));
        assert!(!visited.visit("ops"));
        assert_eq!(visited.names(), ["lobby", "ops", "上课"]);
        assert_eq!(Visited::kept(&visited.to_keep()), visited);
    }

    #[test]
    fn a_room_can_be_forgotten_but_for_the_lobby() {
        let mut visited = Visited::kept("ops\nlab");
        visited.forget("ops");
        visited.forget("lobby");
        assert_eq!(visited.names(), ["lobby", "lab"]);
    }

    #[test]
    fn it_has_an_end_and_the_oldest_goes() {
        let mut visited = Visited::kept("");
        for number in 1..=MOST {
            visited.visit(&number.to_string());
        }
        assert_eq!(visited.names().len(), MOST);
        assert_eq!(visited.names()[..2], ["lobby", "2"]);
    }
}
