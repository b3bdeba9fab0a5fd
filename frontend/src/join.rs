//! The ways into a room that need no page: what one types or flashes, for each program.

/// Joined by `~`: the program's name, and below it what one types. Words in capitals are filled in.
const WAYS: &str = include_str!("../join.txt");
/// The same for sockets that must speak TLS.
const WAYS_BY_TLS: &str = include_str!("../join-tls.txt");
/// Leads into a room. A socket comes to the lobby by itself.
const INTO: &str = "(echo /join ROOM; cat) | ";
const LOBBY: &str = "lobby";

/// Each program, and what brings it to the server at `HOST:PORT` and into the room; `tls`: it must speak TLS.
pub fn ways(address: &str, tls: bool, room: &str) -> impl Iterator<Item = (&'static str, String)> {
    let ways = if tls { WAYS_BY_TLS } else { WAYS };
    ways.split('~').map(move |way| {
        let (program, words) = way.split_once('\n').unwrap_or((way, ""));
        let words = words.trim_ascii_end();
        let words = words.strip_prefix(INTO).filter(|_| room == LOBBY).unwrap_or(words);
        (program, filled(words, address, room))
    })
}

/// What brings a terminal to the server.
pub fn by_terminal(address: &str, tls: bool) -> String {
    filled(if tls { "ncat --ssl HOST PORT" } else { "nc HOST PORT" }, address, LOBBY)
}

fn filled(words: &str, address: &str, room: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut filled = String::new();
    for piece in words.split_inclusive(|c: char| !c.is_ascii_uppercase()) {
        let (name, end) = piece.split_at(piece.trim_end_matches(|c: char| !c.is_ascii_uppercase()).len());
        filled.push_str(match name {
            "ADDRESS" => address,
            "HOST" => host,
            "PORT" => port,
            "ROOM" => room,
            other => other,
        });
        filled.push_str(end);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(program: &str, address: &str, room: &str) -> String {
        ways(address, false, room).find(|(one, _)| *one == program).map(|(_, words)| words).unwrap_or_default()
    }

    #[test]
    fn every_program_is_told_the_server_and_the_room() {
        let told: Vec<_> = [false, true].into_iter().flat_map(|tls| ways("10.0.0.1:8888", tls, "ops")).collect();
        let programs: Vec<_> = told.iter().map(|(program, _)| *program).collect();
        let plain = ["nc", "telnet", "PowerShell", "Python", "Node", "curl", "ESP32"];
        assert_eq!(programs, [&plain[..], &["ncat", "openssl", "PowerShell", "Python", "Node"]].concat());
        for (program, words) in told {
            for part in ["10.0.0.1", "8888", "ops"] {
                assert!(words.contains(part), "{program} is not told {part}: {words}");
            }
        }
    }

    #[test]
    fn a_terminal_comes_to_the_lobby_by_itself() {
        assert_eq!(way("nc", "10.0.0.1:8888", "lobby"), "nc 10.0.0.1 8888");
        assert_eq!(way("nc", "10.0.0.1:8888", "上课"), "(echo /join 上课; cat) | nc 10.0.0.1 8888");
        assert_eq!(by_terminal("10.0.0.1:8888", false), "nc 10.0.0.1 8888");
        assert_eq!(by_terminal("chat.example.org:8888", true), "ncat --ssl chat.example.org 8888");
    }

    #[test]
    fn only_an_url_has_brackets_around_the_host() {
        assert_eq!(way("telnet", "[fd00::1]:8888", "lobby"), "telnet fd00::1 8888");
        assert!(way("curl", "[fd00::1]:8888", "lobby").ends_with("telnet://[fd00::1]:8888"));
    }

    #[test]
    fn other_words_in_capitals_stay() {
        assert!(way("ESP32", "10.0.0.1:8888", "ops").contains(r#"("NETWORK", "PASSWORD")"#));
        assert!(way("ESP32", "10.0.0.1:8888", "ops").contains("WL_CONNECTED"));
    }
}
