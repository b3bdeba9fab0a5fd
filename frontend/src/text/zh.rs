//! 简体中文。

use commonroom_protocol::{Code, GapWhy, NoticeCode, Via};

use super::Text;
use crate::backoff::Stop;
use crate::theme::Theme;

pub(super) const ZH: Text = Text {
    lang: "zh-CN",
    name: "中文",

    connected: "已连接",
    connecting: "连接中",
    reconnecting: |seconds| format!("{seconds} 秒后重连"),
    offline: "已离线，消息将等待发送",
    lost: "连接已断开，消息将等待发送",
    retry_now: "立即重试",
    stopped: "已断开",
    stop: |why| match why {
        Stop::Kicked => "管理员已将你移出。重新加载页面即可回来。",
        Stop::Banned => "管理员不允许你进入。",
        Stop::Password => "此服务器需要密码。",
        Stop::Version => "页面与服务器版本不一致，请重新加载。",
        Stop::Room => "此地址不是房间名：应为 1 到 32 个字母、数字或 - _ .",
    },

    rooms: "房间",
    join_by: "从终端加入",
    language: "语言",
    theme: |theme| match theme {
        Theme::System => "配色：跟随系统",
        Theme::Dark => "配色：深色",
        Theme::Light => "配色：浅色",
    },

    here: |count| format!("{count} 人在场"),
    people: |count| format!("在场 {count} 人"),
    who_is_here: "在场的人",
    you: "你",
    via: |via| match via {
        Via::Web => "网页",
        Via::Api => "程序",
        Via::Tcp => "nc",
        Via::Console => "控制台",
        Via::Other => "其他",
    },

    quiet: "这里还没有人说话。",
    older: "更早的消息",
    loading: "正在加载",
    news: |count| format!("{count} 条新消息"),
    today: "今天",
    yesterday: "昨天",
    sending: "发送中",
    not_sent: |why| format!("未发送：{why}"),
    unsure: "可能已发送：另一个标签页接替了本页",
    retry: "重试",
    copy: "复制",
    copied: "已复制",
    discard: "移除",

    joined: |nick, via| format!("{nick} 加入了（{via}）"),
    left: |nick| format!("{nick} 离开了"),
    renamed: |from, to| format!("{from} 改名为 {to}"),
    crowd: |joined, left| format!("{joined} 人加入，{left} 人离开"),
    missed: |count, why| {
        let why = match why {
            GapWhy::Limit => "积累的消息太多",
            GapWhy::Expired => "已不再保存",
            GapWhy::Rewound | GapWhy::Other => "服务器未说明原因",
        };
        format!("有 {count} 条消息未显示：{why}")
    },
    rewound: "服务器的历史已重置。以上内容在服务器上已不存在。",
    of_old: "来自服务器历史重置之前",
    whispered: |from, to| format!("{from} 私下对 {to} 说："),
    not_done: |why| format!("未完成：{why}"),
    too_fast: "你的速度超过了服务器的限制。消息不会丢失，只是稍慢。",
    notice: |code, about| {
        Some(match code {
            NoticeCode::Kicked => format!("管理员请 {about} 离开了"),
            NoticeCode::Banned => format!("管理员封禁了 {about}"),
            NoticeCode::Muted if about.is_empty() => "管理员已将你禁言。".to_owned(),
            NoticeCode::Muted => format!("管理员已将你禁言 {about} 秒。"),
            NoticeCode::Unmuted => "你又可以发言了。".to_owned(),
            NoticeCode::Slow if about == "0" => "慢速模式已结束。".to_owned(),
            NoticeCode::Slow => format!("慢速模式：每人每 {about} 秒可以说一条。"),
            NoticeCode::Locked => "管理员锁定了房间：现在其他人都不能发言。".to_owned(),
            NoticeCode::Unlocked => "管理员解锁了房间。".to_owned(),
            NoticeCode::Announce => format!("管理员公告：{about}"),
            NoticeCode::Rate | NoticeCode::Done | NoticeCode::Other => return None,
        })
    },
    refusal: |code| {
        Some(match code {
            Code::TooLong => "内容太长",
            Code::Empty => "没有内容",
            Code::BadText => "行数太多",
            Code::Rate => "距上次太近",
            Code::StoreFull => "服务器存储已满",
            Code::StoreDown => "服务器暂时无法保存",
            Code::CidReuse => "与另一条消息混淆",
            Code::NickTaken => "这个名字已有人使用",
            Code::NickBad => "不能用作名字",
            Code::NoSuchNick => "这里没有叫这个名字的人",
            Code::RoomBad => "不是有效的房间名",
            Code::Muted => "管理员已将你禁言",
            Code::Locked => "房间已锁定",
            Code::Closing => "服务器正在关闭",
            Code::NotJoined => "尚未加入房间",
            Code::NotAllowed => "只有管理员可以这样做",
            Code::Unknown => "服务器不支持此操作",
            Code::BadFrame => "服务器无法理解此页面",
            Code::Other => return None,
        })
    },

    say_something: |room| format!("对 {room} 说点什么"),
    message: |room| format!("发给 {room} 的消息"),
    send: "发送",
    change_name: "修改名字",
    your_name: "你的名字",
    hint_keys: "Enter 发送，Shift+Enter 换行",
    hint_commands: "/nick、/me，用 // 输入斜杠",
    unknown_command: |word| format!("没有 {word} 命令。可用 /nick 名字 和 /me 动作；用 // 输入斜杠。"),
    nick_missing: "请写出名字：/nick 名字",
    too_long: |limit| format!("超过了每条消息 {limit} 字节的上限。"),
    outbox_full: "等待发送的消息太多，这一条没有保留。",

    crashed: "页面出错了。已发送的内容会保留。",
    reload: "重新加载",
};
