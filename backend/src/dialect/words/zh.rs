//! Chinese.

use commonroom_protocol::{ByeCode, GapWhy, Seq, Via};

use super::{CHARSETS, Words, grouped, shown, unguess, via};
use crate::charset::Fault;
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
/since #编号     某条消息之后说了什么
/say 文字        说出来，并得知编号；脚本只要这一行
/ack on|off      得知自己每一行的编号
/bell on|off     有人提到你的名字时响铃
/lang 代码       换一种语言：en、zh
/json            从现在起用 JSON 帧，给程序用
/charset 名称    终端不用 UTF-8 时：gbk、big5、koi8-r 等
/ping            有人在吗？
/quit            离开
//文字           说以 / 开头的话
提示：用 rlwrap nc 主机 端口，输入和来信就不会混在一起。"
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
            GapWhy::Limit | GapWhy::Other => format!("未显示：{from} 到 {to}，太多了"),
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

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::TooLong { bytes, limit } => format!("{} 字节，上限是 {}", grouped(*bytes), grouped(*limit)),
            Refusal::TooManyLines { lines } => format!("{} 行，上限是 100 行", grouped(*lines)),
            Refusal::Empty => "里面没有可见的内容".to_owned(),
            Refusal::Undecodable(Fault { charset, byte, at }) => {
                format!("不是有效的 {charset}（第 {at} 处的字节 0x{byte:02X}）")
            }
            Refusal::NoSuchCharset { name } => format!("没有叫 {name} 的字符集；可用 {CHARSETS} 等"),
            Refusal::TooSoon { wait } => format!("太快了；请在 {} 秒后再试", wait.as_secs() + 1),
            Refusal::StoreDown => "历史暂时无法写入；请稍后再试".to_owned(),
            Refusal::CidReuse => "这个 cid 已用于另一条消息；每条消息要有自己的".to_owned(),
            Refusal::NickTaken { nick } => format!("{nick} 已有人用"),
            Refusal::NickBad { why } => nick_bad(*why),
            Refusal::NoSuchNick { nick } => format!("这里没有人叫 {nick}"),
            Refusal::RoomBad => "房间名是 1 到 32 个字母、数字、- _ 或 .".to_owned(),
            Refusal::Closing => "服务器正在重启；请稍后再试".to_owned(),
            Refusal::NotJoined => "请先发送 hello".to_owned(),
            Refusal::UnknownFrame { t } => format!("没有叫 {t} 的帧"),
            Refusal::UnknownCommand { word, like: Some(like) } => format!("没有 /{word}；是 /{like} 吗？"),
            Refusal::UnknownCommand { word, like: None } => format!("没有 /{word}；/help 列出所有命令"),
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

fn nick_bad(why: NickFault) -> String {
    match why {
        NickFault::Empty => "名字至少要有一个字符".to_owned(),
        NickFault::TooWide => "名字最多 32 列宽".to_owned(),
        NickFault::Character(c) => format!("名字里不能有 {}", shown(c)),
        NickFault::Invisible => "这个名字看不清".to_owned(),
        NickFault::Direction => "名字只能用一个书写方向，数字放在后面".to_owned(),
        NickFault::Reserved => "这个名字是服务器自己的".to_owned(),
    }
}
