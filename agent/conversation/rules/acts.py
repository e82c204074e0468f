"""Turns that want what no user may have (other instructions, the prompt, another user's data), and small talk."""

from __future__ import annotations

import re

_INSTRUCTIONS = r"(?:instruct\w*|rules?|prompts?|guidelines?|directives?|commands?|orders|constraints you|programming|policy|policies|safety|restrictions you|system|safeguards|filters you|everything above|all above|the above|what you were told|what you have been told|you've been told)"
_SECRETS = r"(?:(?:system|hidden|initial|secret|original|internal|developer|full|entire|starting|base|own) (?:prompts?|instructions?|messages?|rules|text|configuration|settings)|your (?:\w+ )?(?:prompts?|instructions?|rules|guidelines|source|source code|code|configuration|config|training data|weights|api keys?)|api keys?|passwords?|credentials|source code|instructions (?:you|that you|above|given)|access tokens?|secret keys?|environment variables|(?:user|customer) (?:database|table|list|data)|the prompt)"
_OTHERS = r"(?:(?:(?:an)?other|others?|different|any|all|some|someone else|somebody else|everyone else|other people|random|fellow|every|each|specific|certain) (?:user|customer|client|member|account|viewer|subscriber|profile|patron)s?|(?:user|customer|client|account|member|profile|viewer|subscriber|uid|userid|user id)(?:'?s)? ?(?:number |no\.? ?|id |#|_|named |called |with id |with the id )*#?(?:[a-z]{0,3}\d+|[A-Z]{1,3}\d+)|someone else|somebody else|anyone else|everybody else|everyone else|other people|other users|the other users)"
_PERSON = r"(?:my (?:neighbou?r|ex|boss|wife|husband|girlfriend|boyfriend|brother|sister|friend|coworker|colleague|roommate|mom|mum|dad|son|daughter|teacher|landlord|flatmate|cousin|uncle|aunt)(?:'s)?|[A-Z][a-z]+(?: [A-Z][a-z]+)?(?:'s)?|he|she|they|his|her|their)"
_WATCHED = r"(?:watch\w*|seen|see|saw|view\w*|lik(?:e|ed|es)|rat(?:ed|ings?|e)|histor(?:y|ies)|data|profiles?|read|bought|buy|purchas\w*|order\w*|favou?rites?|watch ?lists?|activity|account|address|e-?mails?|phone|records?|preferences|passwords?|private|personal|information|info|details|recommendations?|been up to|searche?s?|searched|into|stream\w*|queue)"
_ENGLISH = [
    rf"\b(?:ignore|disregard|forget|override|bypass|skip|drop|overrule|set aside|discard|neglect|violate|break|circumvent|stop following|do not follow|don't follow|dont follow|turn off|disable|pay no attention to|throw out|abandon|cancel)\b.{{0,30}}\b{_INSTRUCTIONS}\b",
    rf"\b(?:reveal|show|print|repeat|output|tell|give|display|share|dump|leak|expose|write|paste|recite|what is|what's|whats|what are|return|list|read|spell|echo|quote|summari[sz]e|translate|disclose|send|copy)\b.{{0,40}}\b{_SECRETS}",
    r"\b(?:system|initial|hidden) prompt\b",
    r"\byou are (?:now|no longer)\b|\bfrom now on,? you\b|\b(?:act|behave|respond|answer|reply) as (?:a|an|if|though|my|the)\b|\bpretend (?:to be|you|that you)\b|\brole ?play\b|\bjail ?break\w*|\bDAN\b|\bdo anything now\b|\bdeveloper mode\b|\bdebug mode\b|\badmin(?:istrator)? (?:mode|access|rights)\b|\bsudo\b|\bnew instructions?\b|\bgod mode\b|\bunrestricted\b|\bno longer bound\b|\bwithout (?:any )?(?:restrictions|rules|filters) you\b|\byour new (?:role|task|job|instructions?|rules?)\b|\bend of (?:prompt|instructions)\b|\byou must obey\b|\bobey\b|\bi am (?:your|the) (?:developer|admin\w*|creator|owner)\b|\bi'?m (?:your|the) (?:developer|admin\w*|creator)\b|\bsay (?:only|exactly) \b",
    r"\b(?:drop table|select \* from|delete from|union select|insert into)\b|<script|\bos\.system\b|\brm -rf\b|\beval\(|\bimport os\b|\{\{.*\}\}|<\|?(?:im_start|system|endoftext)|\[/?inst\]",
    rf"{_OTHERS}\b.{{0,40}}\b{_WATCHED}\b",
    rf"\b{_WATCHED}\b.{{0,30}}\b(?:of|for|from|by|to|about|belonging to|on) {_OTHERS}",
    rf"\b(?:what|which|show|list|tell|give|reveal|see|access|export|open|look up|pull up|get|find out|find)\b.{{0,30}}\b{_OTHERS}(?:'s|s')?\b.{{0,30}}",
    rf"\b(?:what|which|whats|what's)\b.{{0,24}}\b(?:did|does|do|has|have|had|is|was|are|were)\b {_PERSON} (?:recently |last |been |just |usually |also |lately |currently )*{_WATCHED}\b",
    r"\b(?:show|list|tell|give|reveal|see|read|access|open|let me see|pull up|display|print)\b.{0,20}\b(?:my (?:neighbou?r|ex|boss|wife|husband|girlfriend|boyfriend|brother|sister|friend|coworker|colleague|roommate)'?s?|[A-Z][a-z]+'s|his|her|their|people's|everyone's|everybody's|somebody's|someone's|others'|users'|other people's) (?:\w+ )?(?:watch|history|watchlist|ratings?|data|profile|account|likes|password|email|address|purchases|orders|viewing|private|personal|details|favou?rites|activity|messages?|conversations?|searches|queue|recommendations)",
    r"\b(?:list|dump|export|show|download|give me|print)\b.{0,16}\b(?:all|every|the|your) (?:the )?(?:users?|customers?|accounts?|user (?:data|names?|ids?|emails?|records?)|database|members|logs)\b",
    r"\b(?:log ?in|sign in|switch|log me in) (?:as|to) (?:another|someone|a different|user|admin|[A-Z])",
    r"\b(?:conversations?|chats?|messages?) (?:of|with|from) (?:other|another|someone|user)",
    r"\b(?:e-?mails?|e-?mail addresses|addresses|phone numbers?|passwords?|names|data|histor(?:y|ies)) of (?:your|the|all|other|my) (?:\w+ )?(?:users?|customers?|members?|neighbou?rs?|friends?)\b",
    r"\b(?:repeat|print|show|output|copy|recite|tell me)\b.{0,12}\b(?:everything|all|text|words|what(?:'s| is| was)?)\b.{0,12}\babove\b|\bsystem message\b",
]  # fmt: skip
_RULES_HAN = (
    r"(?:指令|规则|提示词?|设定|限制条款|系统|约束|命令|规定|要求你|说明|身份|准则|原则|安全|守则|程序|规矩|prompt)"
)
_WATCHED_HAN = r"(?:看|喜欢|记录|历史|数据|评分|打分|收藏|密码|信息|隐私|账号|账户|买|浏览|资料|电话|邮箱|地址|片单|名单|观影|口味|偏好|搜|点赞|评论|订单|推荐|聊|在追|追)"
_HAN = [
    r"把?(?:别人|他人|其他人|其他用户|别的用户|邻居|同事|室友|老板|前任|男友|女友|男朋友|女朋友)的?.{0,4}(?:记录|历史|数据|评分|收藏|密码|隐私|账号|资料|片单|名单)",
    rf"(?:忽略|无视|忘掉|忘记|忘了|不要管|不用管|别管|不管|跳过|绕过|违反|不要遵守|别遵守|不用遵守|不必遵守|抛开|覆盖|取消|突破|推翻|放弃|丢掉|停止遵守|不再遵守|关闭|解除|抛弃|撇开|作废|屏蔽).{{0,14}}{_RULES_HAN}(?!.{{0,2}}片)",
    r"系统提示|提示词|系统指令|系统prompt|system prompt|系统消息|系统设定|初始指令|初始设定|内部指令|隐藏指令|隐藏的指令|后台指令|开发者指令|内部规则|你的指令|你的规则|你的设定|你收到的指令|内部设定|你的源代码|源代码|源码|api ?key|密钥|数据库|口令|管理员密码|后台数据|内部提示|原始指令|开头的指令|最初的指令",
    r"(?:从现在(?:起|开始)|现在起|接下来)[，,]?你(?:是|就是|要|必须|将|叫)|你现在(?:是|叫|扮演)|你不再是|(?:你|请|来)扮演|^扮演|假装你?(?:是|没有|自己)|假设你是|越狱(?:模式|吧|$|ai)|开发者模式|调试模式|管理员(?:模式|权限)|解锁限制|无限制模式|上帝模式|我是(?:你的|你们的|系统)?(?:开发者|管理员|程序员|创造者|主人)|新的?指令|听我命令|服从我|角色扮演",
    r"(?:用户|客户|会员|账号|账户|顾客|用户id|用户编号|(?<![a-z])(?:uid|id))(?:号|编号|是|为|叫|名为|[:：#])?\s*[#＃]?\s*(?:\d+|[a-z]\d+|[一二三四五六七八九十百]+号?).{0,16}",
    r"[\d一二三四五六七八九十百]号(?:用户|会员|客户|顾客|账号)",
    rf"(?:别的|其他|其它|另一个|另外一个|另外的|某个|所有|全部|任意|别个|每个|隔壁|上一个|下一个|前一个|哪些|各个)(?:的)?(?:用户|账号|会员|客户|顾客|账户|观众).{{0,10}}(?:{_WATCHED_HAN}|$|都)",
    rf"(?:别人|他人|其他人|其它人|旁人|人家|另一个人|另外一个人|某人|邻居|室友|同事|老板|前任|前男友|前女友|男友|女友|男朋友|女朋友|老公|老婆|我爸|我妈|我哥|我姐|我弟|我妹|同学|朋友|闺蜜|老王|老师|上司|领导)(?:的|最近|昨天|都|上周|平时|今天|在)*(?:{_WATCHED_HAN}).{{0,6}}(?:什么|啥|哪些|记录|历史|数据|密码|信息|隐私|给我|单|名单|资料|爱好|列表|出来)",
    r"(?:查|看看|看一下|告诉我|显示|列出|导出|打印|给我|查询|调出|泄露|透露|偷看|翻).{0,6}(?:别人|他人|其他人|邻居|室友|同事|老板|前任|前男友|前女友|男朋友|女朋友|老公|老婆|我爸|我妈|其他用户|别的用户|隔壁|所有用户|[一-龥]{2,3})的.{0,6}(?:记录|历史|数据|评分|收藏|密码|隐私|账号|资料|电话|邮箱|片单|观影|观看|浏览|订单|喜好|偏好|信息)",
    r"(?<![我你想有就])(?:^|[，,。]|告诉我|查一下|查查|看看)(?:[赵钱孙李周吴郑王陈褚卫蒋沈韩杨朱许何吕张孔曹严金魏姜谢苏潘葛范彭鲁马方任袁柳唐薛雷贺罗郝于傅康余孟黄穆萧尹姚邵汪毛宋庞熊项董梁杜贾江郭林钟徐邱高夏蔡田胡霍万卢莫丁邓洪石崔龚程陆段侯武刘叶黎白赖乔闻谭阎][一-龥]{1,2}|[小老阿][一-龥]|隔壁[一-龥]{0,3})(?:最近|昨天|上周|都|平时|今天|之前|这周)*(?:看过|看了|在看|喜欢看|收藏了?|买过|买了|看)(?:些|了|过)?(?:什么|啥|哪些)(?!样的|类型|好看|片好)",
]  # fmt: skip
_MISUSE = [re.compile(one, re.IGNORECASE if "[A-Z]" not in one else re.NOFLAG) for one in _ENGLISH] + [re.compile(one, re.IGNORECASE) for one in _HAN]  # fmt: skip
_CASED = [n for n, one in enumerate(_ENGLISH) if "[A-Z]" in one]


_SMALL = re.compile(
    r"^(?:well,? |wow,? |haha,? |hey,? |so,? )?(?:you|u|ur|your|you're|youre)\b.{0,30}\b(?:smart|clever|great|awesome|funny|helpful|amazing|best|good|cool|cute|nice|brilliant|wonderful|impressive|kind|sweet|fast|quick|star|legend|genius|rock|rule|genius|lovely|fun|talented|charming|friendly)\b"
    r"|^(?:what|who|how|where|are|do|can|did|have|will|would|when)\b.{0,30}\b(?:you|your|yourself|the weather)\b"
    r"|^(?:nice|lovely|great|terrible|beautiful|awful) (?:weather|day|evening|morning)"
    r"|^(?:你|您)(?:真|好|太|挺|可真|很|也太|还挺|真是|简直|可|比我)?.{0,8}(?:厉害|聪明|棒|牛|贴心|可爱|懂|有意思|幽默|会聊|靠谱|强|专业|好玩|给力|博学|逗|机灵|温柔|优秀|能干|神|有趣|懂行|行家)"
    r"|^(?:你|您).{0,8}(?:吗|什么|谁|哪|真人|机器|几岁|多大|呢|怎么样)|天气|下雨|好热|好冷|吃了没|吃饭",
    re.IGNORECASE,
)


def small_talk(text: str) -> bool:
    """Whether `text`, in which nothing else was found, is about the assistant or the weather."""
    return bool(_SMALL.search(text))


def misuse(text: str) -> bool:
    """Whether `text` tries to change the instructions, to see them, or to see what others did."""
    return any(
        one.search(text) or (n in _CASED and one.search(text[:1].lower() + text[1:])) for n, one in enumerate(_MISUSE)
    )
