//! Synthetic talk: messages as `commonroom export` writes them, the same ones each time. Pure, and std alone, so that the
//! end-to-end tests compile it, too.
//!
//! Words come as they do in a language, the nth one about a nth as often as the first, so that a search meets words that
//! are in a third of all messages and others that are rare.

/// Two years, in milliseconds.
const SPAN: u64 = 2 * 365 * 24 * 60 * 60 * 1000;
/// Who talks, and what each comes by.
const SPEAKERS: [(&str, &str); 12] = [
    ("ana", "web"),
    ("bob", "tcp"),
    ("小明", "web"),
    ("eve", "web"),
    ("李雷", "tcp"),
    ("dan", "tcp"),
    ("韩梅梅", "web"),
    ("mia", "api"),
    ("tom", "web"),
    ("阿华", "web"),
    ("zoe", "tcp"),
    ("deploy-bot", "api"),
];
/// One talks on, as a rule, within a twentieth of the mean time, until a pause.
const TALK: u64 = 20;

/// English words, the most frequent first; none has a character that JSON escapes.
const ENGLISH: &str = "\
    the is to and it we in that for on you with not this but have are can just now so what if server was do at be \
    from all there they how when again build test still one time up here after works today deploy think disk \
    should network done new log why branch wait before meeting error room release monday lunch restart please \
    question answer memory minutes coffee report socket laptop cable printer password window morning version \
    students exam weather lecture latency kernel database backup firewall router tomorrow semester homework \
    keyboard terminal browser certificate container schedule rollback timeout overflow dashboard incident \
    migration hardware satellite umbrella library bicycle orchestra telescope harmonica pumpkin lighthouse \
    dragonfly avalanche kaleidoscope sphinx quartz";

/// Chinese words, the most frequent first.
const CHINESE: &str = "\
    的 我 是 了 你 在 不 有 我们 这个 今天 一下 可以 没有 什么 现在 好的 服务器 问题 知道 时间 怎么 老师 同学 明天 \
    作业 代码 测试 网络 吃饭 开会 已经 天气 谢谢 重启 电脑 考试 北京 上海 下午 上课 实验室 数据 报告 版本 密码 \
    消息 磁盘 内存 编译 部署 周末 图书馆 宿舍 食堂 论文 毕业 实习 浏览器 终端 防火墙 路由器 数据库 备份 显示器 \
    键盘 足球 电影 火车 机票 下雨 雨伞 咖啡 奶茶 自行车 地铁 生日 蛋糕 望远镜 熊猫 长城 中秋节 月饼 灯笼 蝴蝶 琵琶 \
    彩虹 琥珀 麒麟";

/// So many messages in a room, oldest first, the last at about `now`, in Unix milliseconds.
pub(crate) fn chatter(room: &str, messages: u64, now: u64) -> impl Iterator<Item = String> {
    let mut dice = Dice::of(room);
    // Another room's speakers are others, by their ids: each has used every `cid` once.
    let speakers = Deck::of(SPEAKERS.map(|(from, via)| (from, via, dice.throw())));
    let (english, chinese) = (Deck::of(ENGLISH.split(' ')), Deck::of(CHINESE.split(' ')));
    let mean = SPAN / messages.max(1);
    let mut at = now.saturating_sub(SPAN);
    (1..=messages).map(move |seq| {
        at = (at + pause(mean, &mut dice)).min(now);
        let (from, via, by) = speakers.draw(&mut dice);
        let text = sentence(&english, &chinese, &mut dice);
        let prev = seq - 1;
        format!(
            r#"{{"room":"{room}","seq":{seq},"prev":{prev},"at":{at},"from":"{from}","via":"{via}","text":"{text}","by":"{by:016x}","cid":"{seq}"}}"#
        )
    })
}

/// The time until the next message: mostly short, now and then so long that the mean is as asked.
fn pause(mean: u64, dice: &mut Dice) -> u64 {
    if dice.below(TALK) > 0 { dice.below(mean / TALK * 2 + 1) } else { dice.below(mean * 2 * TALK - mean * 2 + 1) }
}

/// Some words of one language, of the other, or of both.
fn sentence(english: &Deck<&str>, chinese: &Deck<&str>, dice: &mut Dice) -> String {
    let mut text = String::new();
    let mixed = dice.below(10);
    for _ in 0..3 + dice.below(12) {
        // Of ten messages five are English, three Chinese, two both.
        let in_english = mixed < 5 || (mixed >= 8 && dice.below(2) == 0);
        if in_english {
            let gap = if text.is_empty() { "" } else { " " };
            text.push_str(gap);
            text.push_str(english.draw(dice));
        } else {
            text.push_str(chinese.draw(dice));
        }
    }
    if dice.below(8) == 0 {
        text.push_str(" #");
        text.push_str(&dice.below(10_000).to_string());
    }
    text
}

/// A choice among some things, the first ones more often: the nth has the weight 1/n (Zipf's law).
struct Deck<T> {
    things: Vec<T>,
    /// The weights up to each.
    sums: Vec<u64>,
}

impl<T> Deck<T> {
    fn of(things: impl IntoIterator<Item = T>) -> Deck<T> {
        let things: Vec<T> = things.into_iter().collect();
        let mut sum = 0;
        let upto = |rank: u64| {
            sum += 1_000_000 / rank;
            sum
        };
        Deck { sums: (1..).take(things.len()).map(upto).collect(), things }
    }

    fn draw(&self, dice: &mut Dice) -> &T {
        let point = dice.below(self.sums[self.sums.len() - 1]);
        &self.things[self.sums.partition_point(|sum| *sum <= point)]
    }
}

/// Numbers that look random and are the same each time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    /// Those of a room (FNV-1a of its name).
    fn of(room: &str) -> Dice {
        let mixed = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        Dice(room.bytes().fold(0xcbf2_9ce4_8422_2325, mixed))
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.throw() % end
    }
}

#[cfg(test)]
mod tests {
    use super::chatter;

    const NOW: u64 = 1_790_000_000_000;

    #[test]
    fn the_same_is_said_each_time_and_something_else_in_another_room() {
        let said = |room: &str| chatter(room, 100, NOW).collect::<Vec<_>>();
        assert_eq!(said("lobby"), said("lobby"));
        let texts = |room: &str| {
            said(room).into_iter().map(|line| line.split(r#""text""#).nth(1).map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_ne!(texts("lobby"), texts("ops"));
    }

    #[test]
    fn times_rise_over_two_years_and_end_by_now() {
        let at = |line: &str| line.split(r#""at":"#).nth(1)?.split(',').next()?.parse::<u64>().ok();
        let times: Vec<u64> = chatter("lobby", 10_000, NOW).filter_map(|line| at(&line)).collect();
        assert!(times.len() == 10_000 && times.is_sorted());
        let (first, last) = (times[0], times[9_999]);
        assert!(last <= NOW && last - first > super::SPAN / 10 * 9, "{first} to {last}");
    }

    #[test]
    fn frequent_words_are_frequent_and_rare_ones_rare() {
        let lines: Vec<String> = chatter("lobby", 10_000, NOW).collect();
        let with = |word: &str| lines.iter().filter(|line| line.contains(word)).count();
        let ends = |words: &'static str| (words.split(' ').next().unwrap(), words.split(' ').next_back().unwrap());
        let ((the, quartz), (de, _)) = (ends(super::ENGLISH), ends(super::CHINESE));
        assert!(with(the) > 3000 && with(de) > 2000, "{} {}", with(the), with(de));
        assert!((1..500).contains(&with(quartz)), "{}", with(quartz));
    }
}
