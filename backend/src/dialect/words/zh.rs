//! Chinese.

use std::time::Duration;

use commonroom_protocol::{ByeCode, GapWhy, Seq, Via};

use super::{CHARSETS, Words, before, count, grouped, shown, unguess, via};
use crate::charset::Fault;
use crate::journal::ROOMS;
use crate::moderation::{Done, Notice, Shared, Stats};
use crate::name::NickFault;
use crate::refusal::Refusal;

pub(super) struct Zh;

impl Words for Zh {
    fn welcome(&self, room: &str, host: &str, you: &str, here: usize, roster: &str) -> String {
        format!("欢迎来到 {host} 的 {room}。你是 {you}；{} 人在线：{roster}", grouped(here))
    }

    fn and_more(&self, more: usize) -> String {
        format!("还有 {} 人", grouped(more))
    }

    fn hint(&self) -> &'static str {
        "/nick 名字 可改名，/help 看更多，Ctrl-C 离开。"
    }

    fn help(&self) -> &'static str {
        "输入一行，按回车：房间里的人都能看到。
/nick 名字       改名
/who             谁在这里，怎么来的
/rooms           有哪些房间
/join 房间       去另一个房间
/msg 名字 文字   只对一个人说
/me 文字         说你在做什么
/last 条数       最近说了什么
/since #编号|10m 某条消息之后、或最近一段时间说了什么
/search 词语     最近哪里提到过这些词
/say 文字        说出来，并得知编号；脚本只要这一行
/ack on|off      得知自己每一行的编号
/bell on|off     有人提到你的名字时响铃
/lang 代码       换一种语言：en、zh
/json            从现在起用 JSON 帧，给程序用
/charset 名称    终端不用 UTF-8 时：gbk、big5、koi8-r 等
/ping            有人在吗？
/quit            离开
//文字           说以 / 开头的话
提示：在 nc 或 ncat 前加上 rlwrap，输入和来信就不会混在一起。"
    }

    fn here(&self, room: &str) -> String {
        format!("你在 {room}")
    }

    fn rooms(&self, rooms: &str) -> String {
        format!("房间：{rooms}")
    }

    fn saved(&self, seq: Seq) -> String {
        format!("已保存 {seq}")
    }

    fn ack(&self, on: bool) -> &'static str {
        if on { "从现在起，你的每一行都会得到确认" } else { "不再确认你的消息" }
    }

    fn bell(&self, on: bool) -> &'static str {
        if on { "从现在起，有人提到你时会响铃" } else { "不再响铃" }
    }

    fn more(&self, last: Seq) -> String {
        format!("还有更多：/since {last}")
    }

    fn asks(&self, room: &str, program: bool) -> String {
        let how = if program { "请以 /password 密码 开头" } else { "请输入密码并按回车" };
        format!("{room} 需要密码：{how}")
    }

    fn found(&self, count: usize, numbers: &str, newest: Seq, more: bool) -> String {
        let older = if more { "，更早的还有" } else { "" };
        format!("找到 {count} 条：{numbers}{older}；/since {newest} 可接着读")
    }

    fn nothing_found(&self) -> &'static str {
        "没有找到"
    }

    fn crowd(&self, joined: usize, left: usize, here: usize) -> String {
        format!("来了 {} 人，走了 {} 人；{} 人在线", grouped(joined), grouped(left), grouped(here))
    }

    fn roster(&self, here: usize, roster: &str) -> String {
        format!("{} 人在线：{roster}", grouped(here))
    }

    fn joined(&self, nick: &str, by: Via) -> String {
        format!("{nick} 来了 ({})", via(by))
    }

    fn left(&self, nick: &str) -> String {
        format!("{nick} 走了")
    }

    fn renamed(&self, from: &str, to: &str) -> String {
        format!("{from} 改名为 {to}")
    }

    fn named(&self, to: &str) -> String {
        format!("你现在叫 {to}")
    }

    fn whispers(&self, from: &str) -> String {
        format!("{from} 悄悄说")
    }

    fn gap(&self, from: Seq, to: Seq, why: GapWhy) -> String {
        match why {
            GapWhy::Expired => format!("未显示：{from} 到 {to}，已不再保存"),
            GapWhy::Rewound => "服务器的历史已重置".to_owned(),
            GapWhy::Limit | GapWhy::Other => {
                let (count, last) = (count(from, to), before(from));
                format!("你落后了：{count} 条消息未显示（{from} 到 {to}）；/since {last} 可补看")
            }
        }
    }

    fn slow_down(&self, per_second: u32) -> String {
        format!("太快了：接下来每秒处理 {per_second} 条；不会丢失")
    }

    fn pong(&self) -> &'static str {
        "在"
    }

    fn speaking(&self) -> &'static str {
        "现在说中文"
    }

    fn reading(&self, charset: &str) -> String {
        format!("现在使用 {charset}")
    }

    fn seems(&self, charset: &str) -> String {
        format!("你的终端似乎使用 {charset}；输入 {} 可更改", unguess(charset))
    }

    fn not_sent(&self, why: &str) -> String {
        format!("未发送：{why}")
    }

    fn still(&self, why: &str, you: &str) -> String {
        format!("{why}；你仍是 {you}")
    }

    fn operator_help(&self) -> &'static str {
        "/kick 名字             请某人离开；可以再来
/ban 名字|IP [10m]     请其离开且不让再进：s、m、h、d
/unban [名字|IP]       解除封禁；不带参数则列出
/mute 名字 [10m]       在本房间禁言；/unmute 名字 解除
/slow 秒数             每人每隔几秒可以说一条；0 结束
/lock、/unlock         本房间只有你能发言；恢复
/announce 文字         对本房间的公告，不保存
/invite [1d]           本房间的链接，以及在此期间可进入的凭证
/stats                 服务器的状况"
    }

    fn console_help(&self) -> &'static str {
        "这里是管理员控制台：你是 operator，/quit 会关闭服务器。
/quit                  与所有人道别并关闭服务器；Ctrl-C 也是
Ctrl-D                 关闭控制台；服务器继续运行"
    }

    fn notice(&self, notice: &Notice) -> String {
        match notice {
            Notice::Kicked(nick) => format!("管理员请 {nick} 离开了"),
            Notice::Banned(nick) => format!("管理员封禁了 {nick}"),
            Notice::Muted(time) => format!("管理员已将你禁言{}", for_time(*time)),
            Notice::Unmuted => "你又可以发言了".to_owned(),
            Notice::Slow(Duration::ZERO) => "慢速模式已结束".to_owned(),
            Notice::Slow(pause) => format!("慢速模式：每人每 {} 可以说一条", span(*pause)),
            Notice::Locked => "管理员锁定了房间：现在其他人都不能发言".to_owned(),
            Notice::Unlocked => "管理员解锁了房间".to_owned(),
            Notice::Announce(text) => format!("管理员公告：{}", text.as_str()),
        }
    }

    fn done(&self, done: &Done) -> String {
        match done {
            Done::Kicked(nick) => format!("已请 {nick} 离开，可以再来"),
            Done::Banned { whom, ip, time, ended } => {
                let ban = format!("已封禁 {whom}{}；结束了 {ended} 个连接", for_time(*time));
                ip.map_or(ban.clone(), |(ip, shared)| banned_ip(&ban, &ip.to_string(), shared))
            }
            Done::Unbanned(whom, 0) => format!("没有对 {whom} 的封禁"),
            Done::Unbanned(whom, _) => format!("{whom} 可以再来了"),
            Done::Bans(bans) if bans.is_empty() => "没有封禁".to_owned(),
            Done::Bans(bans) => bans
                .iter()
                .map(|(whom, left)| format!("已封禁：{whom}{}", for_time(*left)))
                .collect::<Vec<_>>()
                .join("\n"),
            Done::Muted(nick, time) => format!("已将 {nick} 禁言{}", for_time(*time)),
            Done::Unmuted(nick) => format!("{nick} 又可以发言了"),
            Done::Slow(Duration::ZERO) => "慢速模式已结束".to_owned(),
            Done::Slow(pause) => format!("慢速模式：每人每 {} 一条", span(*pause)),
            Done::Locked => "房间已锁定：只有你能发言".to_owned(),
            Done::Unlocked => "房间已解锁".to_owned(),
            Done::Moderates => "你现在可以管理了；/help 列出所有命令".to_owned(),
            Done::Invited { link, word: None } => format!("任何人都可以进来：{link}"),
            Done::Invited { link, word: Some((word, time)) } => {
                format!("{} 内有效：{link}\n在终端里用作密码：{word}", span(*time))
            }
            Done::Announced => "已告知房间".to_owned(),
            Done::Stats(stats) => stats_words(stats),
            Done::Ending => "正在与所有人道别".to_owned(),
        }
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::TooLong { bytes, limit } => format!("{} 字节，上限是 {}", grouped(*bytes), grouped(*limit)),
            Refusal::TooManyLines { lines } => format!("{} 行，上限是 100 行", grouped(*lines)),
            Refusal::Empty => "里面没有可见的内容".to_owned(),
            Refusal::NothingSought => "没有要搜索的内容".to_owned(),
            Refusal::Undecodable(Fault { charset, byte, at }) => {
                format!("不是有效的 {charset}（第 {at} 处的字节 0x{byte:02X}）")
            }
            Refusal::NoSuchCharset { name } => format!("没有叫 {name} 的字符集；可用 {CHARSETS} 等"),
            Refusal::TooSoon { wait } => format!("太快了；请在 {} 秒后再试", wait.as_secs() + 1),
            Refusal::Muted { wait } => format!("管理员已将你禁言{}", for_time(*wait)),
            Refusal::Locked => "管理员锁定了这个房间".to_owned(),
            Refusal::Slow { wait } => format!("慢速模式；请在 {} 后再试", span(*wait)),
            Refusal::Banned => self.bye(ByeCode::Banned).to_owned(),
            Refusal::NotAllowed => "只有管理员可以这样做".to_owned(),
            Refusal::Password { wrong: true } => "密码不对".to_owned(),
            Refusal::Password { wrong: false } => "需要密码".to_owned(),
            Refusal::TooManyGuesses { wait } => {
                format!("你的地址输错密码的次数太多；请在 {} 后再试", span(*wait))
            }
            Refusal::StaysOperator => "控制台总是以 operator 的名字说话".to_owned(),
            Refusal::StoreFull => "存放历史的磁盘已满，请稍后再试".to_owned(),
            Refusal::StoreDown => "历史暂时无法使用；请稍后再试".to_owned(),
            Refusal::CidReuse => "这个 cid 已用于另一条消息；每条消息要有自己的".to_owned(),
            Refusal::NickTaken { nick } => format!("{nick} 已有人用"),
            Refusal::NickBad { why } => nick_bad(*why),
            Refusal::NoSuchNick { nick } => format!("这里没有人叫 {nick}"),
            Refusal::RoomBad => "房间名是 1 到 32 个字母、数字、- _ 或 .".to_owned(),
            Refusal::Closing => "服务器正在重启；请稍后再试".to_owned(),
            Refusal::TooManyRooms => "服务器容不下更多房间；请稍后再试".to_owned(),
            Refusal::TooManyKept => format!("历史中已有 {} 个房间，不再接受新房间", grouped(ROOMS)),
            Refusal::TooManyNew { wait } => {
                format!("你的地址新建的房间太多；请在 {} 秒后再新建", wait.as_secs() + 1)
            }
            Refusal::NotJoined => "请先发送 hello".to_owned(),
            Refusal::UnknownFrame { t } => format!("没有叫 {t} 的帧"),
            Refusal::UnknownCommand { word, like: Some(like) } => format!("没有 /{word}；是 /{like} 吗？"),
            Refusal::UnknownCommand { word, like: None } => format!("没有 /{word}；/help 列出所有命令"),
            Refusal::NoShot { word } => format!("脚本中没有 /{word}；只有 /say 文字 和 /as 名字"),
            Refusal::Usage { usage } => format!("用法：{usage}"),
            Refusal::BadFrame { why } => why.clone(),
        }
    }

    fn bye(&self, code: ByeCode) -> &'static str {
        match code {
            ByeCode::Restart => "正在重启；请稍后再来",
            ByeCode::Closing => "服务器要关闭了",
            ByeCode::Kicked => "管理员请你离开",
            ByeCode::Banned => "管理员不让你进来",
            ByeCode::Replaced => "你已从别处进入这个房间",
            ByeCode::Policy => "再见：这个端口不是这样用的",
            ByeCode::Password => "需要密码",
            ByeCode::Version => "本服务器使用协议第 1 版",
            ByeCode::Overloaded => "服务器已满；请稍后再来",
            ByeCode::Idle => "太久没有收到你的消息",
            ByeCode::Other => "再见",
        }
    }
}

fn span(time: Duration) -> String {
    super::span(time, ["秒", "分钟", "小时", "天"])
}

fn for_time(time: Option<Duration>) -> String {
    time.map_or_else(String::new, |time| format!(" {}", span(time)))
}

/// A ban of an address says who else may be kept out by it.
fn banned_ip(ban: &str, ip: &str, shared: Shared) -> String {
    match shared {
        Shared::No => format!("{ban}\n{ip} 来的人都不能进入"),
        Shared::Private => format!("{ban}\n{ip} 来的人都不能进入；这是私有地址，可能有别人共用"),
        Shared::Loopback => {
            format!("{ban}\n{ip} 来的人都不能进入：这是本机，也是经本机代理来的所有人；/unban {ip} 可解除")
        }
    }
}

fn stats_words(stats: &Stats) -> String {
    let came: Vec<String> =
        stats.members.iter().map(|(by, count)| format!("{} {}", via(*by), grouped(*count))).collect();
    let members = stats.members.iter().map(|(_, count)| count).sum();
    let memory = stats.memory.map_or_else(String::new, |bytes| format!("，内存 {} MiB", bytes >> 20));
    format!(
        "连接：{}（{}），房间：{}\n启动以来的消息：{}\n已运行 {}{memory}",
        grouped(members),
        came.join("，"),
        grouped(stats.rooms),
        grouped(usize::try_from(stats.messages).unwrap_or(usize::MAX)),
        span(stats.uptime),
    )
}

fn nick_bad(why: NickFault) -> String {
    match why {
        NickFault::Empty => "名字至少要有一个字符".to_owned(),
        NickFault::TooWide => "名字最多 32 列宽".to_owned(),
        NickFault::TooLong => "名字最多 128 字节，包括字母上的附加符号".to_owned(),
        NickFault::Character(c) => format!("名字里不能有 {}", shown(c)),
        NickFault::Invisible => "这个名字看不清".to_owned(),
        NickFault::Direction => "名字只能用一个书写方向，数字放在后面".to_owned(),
        NickFault::Reserved => "这个名字是服务器自己的".to_owned(),
    }
}
