"""Well-known people of film, books and music, what they are known for, and nicknames; titles that go by other names."""

from __future__ import annotations

_ENGLISH = {
    "director": "christopher nolan, nolan, steven spielberg, spielberg, quentin tarantino, tarantino, martin scorsese, scorsese, stanley kubrick, kubrick, alfred hitchcock, hitchcock, david fincher, fincher, ridley scott, james cameron, peter jackson, tim burton, wes anderson, paul thomas anderson, denis villeneuve, villeneuve, david lynch, woody allen, coen brothers, the coen brothers, the coens, coens, joel coen, ethan coen, wachowskis, the wachowskis, hayao miyazaki, miyazaki, akira kurosawa, kurosawa, bong joon ho, park chan wook, wong kar wai, ang lee, zhang yimou, john woo, guillermo del toro, del toro, alfonso cuaron, cuaron, alejandro inarritu, greta gerwig, gerwig, sofia coppola, francis ford coppola, coppola, jordan peele, peele, m night shyamalan, shyamalan, michael bay, zack snyder, guy ritchie, edgar wright, taika waititi, danny boyle, david lean, billy wilder, orson welles, ingmar bergman, federico fellini, fellini, francois truffaut, jean luc godard, godard, luc besson, lars von trier, roman polanski, sergio leone, brian de palma, john carpenter, wes craven, george romero, sam raimi, george lucas, robert zemeckis, ron howard, ken loach, spike lee, richard linklater, darren aronofsky, ari aster, robert eggers, yorgos lanthimos, kathryn bigelow, jane campion, makoto shinkai, satoshi kon, hirokazu kore eda, kore eda, kim ki duk, jim jarmusch, terry gilliam, pedro almodovar, almodovar, werner herzog, oliver stone, michael mann, sidney lumet, john ford, howard hawks, frank capra, sam mendes, damien chazelle, chloe zhao, rian johnson, j j abrams, jj abrams, james gunn, joss whedon, judd apatow, nora ephron, john hughes, gore verbinski, paul verhoeven, s s rajamouli, rajamouli, andrei tarkovsky, tarkovsky, yasujiro ozu, ozu, stephen chow's director, david cronenberg, cronenberg, mel brooks, baz luhrmann, steven soderbergh, soderbergh, ryan coogler",
    "star": "adam sandler, tom cruise, tom hanks, brad pitt, leonardo dicaprio, dicaprio, johnny depp, robert de niro, de niro, al pacino, pacino, keanu reeves, will smith, denzel washington, morgan freeman, samuel l jackson, harrison ford, jim carrey, ben stiller, owen wilson, will ferrell, kevin hart, dwayne johnson, the rock, vin diesel, jason statham, statham, nicolas cage, nic cage, matt damon, ben affleck, george clooney, clooney, ryan gosling, ryan reynolds, hugh jackman, chris evans, chris hemsworth, chris pratt, robert downey jr, robert downey junior, scarlett johansson, natalie portman, emma stone, emma watson, anne hathaway, jennifer lawrence, jennifer aniston, julia roberts, sandra bullock, meryl streep, streep, cate blanchett, nicole kidman, charlize theron, angelina jolie, margot robbie, amy adams, kate winslet, reese witherspoon, sigourney weaver, jodie foster, uma thurman, meg ryan, hugh grant, colin firth, daniel craig, sean connery, pierce brosnan, roger moore, christian bale, bale, heath ledger, joaquin phoenix, jack nicholson, dustin hoffman, clint eastwood, eastwood, arnold schwarzenegger, schwarzenegger, sylvester stallone, stallone, bruce willis, jackie chan, jet li, bruce lee, donnie yen, stephen chow, chow yun fat, tony leung, maggie cheung, michelle yeoh, andy lau, gong li, zhang ziyi, timothee chalamet, chalamet, zendaya, tom holland, robert pattinson, kristen stewart, daniel radcliffe, benedict cumberbatch, tom hiddleston, idris elba, michael caine, anthony hopkins, gary oldman, liam neeson, mel gibson, russell crowe, matthew mcconaughey, mcconaughey, woody harrelson, edward norton, ed norton, bill murray, steve carell, steve martin, robin williams, eddie murphy, chris rock, jack black, seth rogen, jonah hill, melissa mccarthy, rowan atkinson, mr bean, audrey hepburn, marilyn monroe, humphrey bogart, cary grant, james stewart, john wayne, marlon brando, brando, jake gyllenhaal, gyllenhaal, mark wahlberg, wahlberg, jamie foxx, viola davis, halle berry, salma hayek, penelope cruz, javier bardem, antonio banderas, song kang ho, lee byung hun, shah rukh khan, aamir khan, salman khan, kurt russell, jeff bridges, john travolta, travolta, drew barrymore, cameron diaz, ewan mcgregor, jude law, cillian murphy, florence pugh, saoirse ronan, adam driver, oscar isaac, pedro pascal, willem dafoe, tilda swinton, helen mirren, judi dench, maggie smith, emily blunt, jessica chastain, keira knightley, orlando bloom, viggo mortensen, elijah wood, ian mckellen, patrick stewart, jason momoa, gal gadot, ben kingsley, whoopi goldberg, zoe saldana, austin butler, paul rudd, tobey maguire, andrew garfield, jamie lee curtis, bette davis, ingrid bergman, grace kelly, james dean, charlie chaplin, chaplin, buster keaton, van damme, jean claude van damme, steven seagal, seagal, chuck norris, john cena, dave bautista, glen powell, sydney sweeney, jenna ortega, jason bateman, jennifer lopez, lady gaga",
    "author": "agatha christie, stephen king, j k rowling, jk rowling, rowling, tolkien, j r r tolkien, george orwell, orwell, haruki murakami, murakami, jane austen, charles dickens, dickens, hemingway, ernest hemingway, isaac asimov, asimov, ursula le guin, philip k dick, terry pratchett, neil gaiman, dan brown, john grisham, margaret atwood, brandon sanderson, george r r martin, liu cixin, dostoevsky, tolstoy, shakespeare, kazuo ishiguro",
    "artist": "taylor swift, the beatles, beatles, beyonce, drake, ed sheeran, adele, coldplay, radiohead, pink floyd, queen band, miles davis, bob dylan, kendrick lamar, billie eilish, eminem, rihanna, jay chou, bts, blackpink, led zeppelin, metallica, nirvana, david bowie, michael jackson",
    "brand": "sony, samsung, huawei, xiaomi, bose, beats, nike, adidas, lenovo, dell, lg, logitech, panasonic, philips, jbl, asus, nintendo, anker, ikea, lego, puma, canon, nikon, dyson, sennheiser, garmin, uniqlo, l'oreal, loreal",
}  # fmt: skip
_CHINESE = {
    "director": "滨口龙介, 三池崇史, 克里斯托弗·诺兰, 诺兰, 斯皮尔伯格, 史蒂文·斯皮尔伯格, 昆汀, 昆汀·塔伦蒂诺, 塔伦蒂诺, 马丁·斯科塞斯, 斯科塞斯, 库布里克, 希区柯克, 大卫·芬奇, 芬奇, 雷德利·斯科特, 卡梅隆, 詹姆斯·卡梅隆, 彼得·杰克逊, 蒂姆·波顿, 韦斯·安德森, 维伦纽瓦, 大卫·林奇, 伍迪·艾伦, 科恩兄弟, 宫崎骏, 黑泽明, 奉俊昊, 朴赞郁, 王家卫, 李安, 张艺谋, 陈凯歌, 冯小刚, 姜文, 贾樟柯, 宁浩, 徐克, 吴宇森, 杜琪峰, 杜琪峯, 侯孝贤, 杨德昌, 蔡明亮, 娄烨, 田壮壮, 许鞍华, 陈可辛, 徐峥, 郭帆, 文牧野, 饺子, 陈思诚, 韩寒, 是枝裕和, 岩井俊二, 新海诚, 今敏, 北野武, 小津安二郎, 押井守, 细田守, 金基德, 李沧东, 洪尚秀, 罗伯特·泽米吉斯, 泽米吉斯, 盖·里奇, 扎克·施耐德, 迈克尔·贝, 吕克·贝松, 阿莫多瓦, 伯格曼, 费里尼, 戈达尔, 特吕弗, 塔可夫斯基, 王晶, 林超贤, 麦兆辉, 刘伟强, 程小东, 胡金铨, 张彻, 霍建起, 管虎, 乌尔善, 路阳, 刁亦男, 毕赣, 大鹏导演, 温子仁, 詹姆斯·古恩, 沙马兰, 科波拉, 阿伦诺夫斯基, 林克莱特",
    "star": "周星驰, 周润发, 成龙, 李连杰, 刘德华, 梁朝伟, 张国荣, 张曼玉, 林青霞, 梁家辉, 刘青云, 古天乐, 甄子丹, 洪金宝, 吴孟达, 李小龙, 王祖贤, 邱淑贞, 张学友, 郭富城, 黎明, 郑秀文, 杨紫琼, 巩俐, 章子怡, 周迅, 汤唯, 葛优, 黄渤, 沈腾, 马丽, 王宝强, 吴京, 胡歌, 易烊千玺, 刘昊然, 雷佳音, 张译, 段奕宏, 廖凡, 陈道明, 陈坤, 范冰冰, 赵薇, 舒淇, 刘亦菲, 杨幂, 黄晓明, 邓超, 孙俪, 陈冠希, 吴彦祖, 金城武, 任达华, 黄秋生, 吴镇宇, 曾志伟, 郭德纲, 岳云鹏, 贾玲, 白百何, 马思纯, 周冬雨, 倪妮, 王凯, 肖战, 王一博, 杨洋, 汤姆·克鲁斯, 汤姆·汉克斯, 布拉德·皮特, 莱昂纳多, 莱昂纳多·迪卡普里奥, 约翰尼·德普, 罗伯特·德尼罗, 德尼罗, 阿尔·帕西诺, 基努·里维斯, 威尔·史密斯, 摩根·弗里曼, 金·凯瑞, 亚当·桑德勒, 道恩·强森, 范·迪塞尔, 杰森·斯坦森, 尼古拉斯·凯奇, 马特·达蒙, 乔治·克鲁尼, 休·杰克曼, 小罗伯特·唐尼, 斯嘉丽·约翰逊, 娜塔莉·波特曼, 艾玛·斯通, 艾玛·沃特森, 安妮·海瑟薇, 詹妮弗·劳伦斯, 朱莉娅·罗伯茨, 梅丽尔·斯特里普, 凯特·布兰切特, 凯特·温斯莱特, 安吉丽娜·朱莉, 奥黛丽·赫本, 赫本, 玛丽莲·梦露, 梦露, 施瓦辛格, 史泰龙, 克里斯蒂安·贝尔, 希斯·莱杰, 宋康昊, 李秉宪, 孔刘, 全智贤, 金惠秀, 木村拓哉, 绫濑遥, 新垣结衣, 阿米尔·汗, 沙鲁克·汗, 卓别林, 憨豆先生, 甜茶, 罗宾·威廉姆斯, 伊斯特伍德, 强尼·德普, 尊龙, 冯宝宝, 林正英, 郑伊健, 张家辉, 郭采洁, 桂纶镁, 许冠文, 许冠杰, 元彪, 惠英红, 毛舜筠, 黄百鸣, 宋慧乔, 玄彬, 朱一龙, 张颂文, 张涵予, 徐帆, 宋佳, 咏梅, 姚晨, 闫妮, 艾伦",
    "author": "东野圭吾, 村上春树, 余华, 莫言, 金庸, 古龙, 刘慈欣, 阿加莎, 阿加莎·克里斯蒂, 鲁迅, 张爱玲, 王小波, 三毛, 路遥, 钱钟书, 马尔克斯, 斯蒂芬·金, 老舍, 巴金, 沈从文, 白先勇, 史铁生, 太宰治, 琼瑶, 韩松, 紫金陈",
    "artist": "周杰伦, 陈奕迅, 林俊杰, 五月天, 王菲, 邓紫棋, 泰勒·斯威夫特, 李宗盛, 孙燕姿, 邓丽君, 罗大佑, 李荣浩, 薛之谦, 陶喆, 蔡依林, 方大同, 毛不易",
    "brand": "小米, 华为, 苹果, 三星, 索尼, 耐克, 阿迪达斯, 联想, 戴尔, 松下, 飞利浦, 博世, 海尔, 美的, 格力, 安踏, 李宁, 优衣库, 任天堂, 罗技, 荣耀, 漫步者",
}  # fmt: skip
_NICKNAMES = """
nick:star:周星驰 = 星爷, 星仔, 周星星, 星爺
nick:star:周润发 = 发哥, 周閏發
nick:star:莱昂纳多·迪卡普里奥 = 小李子
nick:star:汤姆·克鲁斯 = 阿汤哥
nick:star:约翰尼·德普 = 德普
nick:star:刘德华 = 华仔
nick:star:张国荣 = 哥哥张国荣, 荣哥
nick:star:梁朝伟 = 梁影帝, 梁朝偉
nick:star:小罗伯特·唐尼 = 小罗伯特唐尼, 唐尼, 妮妮唐尼
nick:star:成龙 = 成龙大哥
nick:star:道恩·强森 = 巨石强森, 强森
nick:star:甄子丹 = 丹爷
nick:star:杰森·斯坦森 = 郭达斯坦森, 斯坦森
nick:star:葛优 = 葛大爷
nick:star:吴孟达 = 达叔
nick:star:林正英 = 英叔, 九叔
nick:star:斯嘉丽·约翰逊 = 寡姐
nick:star:莱昂纳多·迪卡普里奥 = 小李
nick:star:布拉德·皮特 = 皮特
nick:star:汤姆·汉克斯 = 汉克斯
nick:star:安妮·海瑟薇 = 海瑟薇
nick:star:基努·里维斯 = 基努
nick:star:尼古拉斯·凯奇 = 凯奇
nick:star:本尼迪克特·康伯巴奇 = 卷福
nick:star:汤姆·希德勒斯顿 = 抖森
nick:star:金·凯瑞 = 金凯瑞, 金凯利
nick:director:张艺谋 = 老谋子, 国师
nick:director:詹姆斯·卡梅隆 = 卡神
nick:director:奉俊昊 = 奉导
nick:director:王家卫 = 墨镜王
nick:director:诺兰 = 诺神
nick:director:宫崎骏 = 宫老, 宫老爷子
nick:director:吴宇森 = 暴力美学大师
nick:director:昆汀·塔伦蒂诺 = 鬼才昆汀
nick:star:Leonardo DiCaprio = leo dicaprio, leo di caprio, leonardo di caprio
nick:star:Arnold Schwarzenegger = arnie, schwarzenneger
nick:star:Robert Downey Jr. = rdj
nick:star:Samuel L. Jackson = samuel jackson, sam jackson
nick:star:Dwayne Johnson = dwayne the rock johnson
nick:star:Scarlett Johansson = scarjo
nick:star:Jennifer Lawrence = jlaw
nick:director:Paul Thomas Anderson = pta
nick:director:Bong Joon-ho = bong joon ho, bong joonho
nick:director:Quentin Tarantino = qt tarantino, tarentino
"""  # fmt: skip
_TITLES = """
alias:肖申克的救赎 = 刺激1995, 刺激一九九五, 月黑高飞, 肖申克, 肖生克的救赎
alias:哈利·波特 = 哈利波特, 哈里波特, 哈利·波特
alias:泰坦尼克号 = 铁达尼号, 泰坦尼克
alias:盗梦空间 = 全面启动, 潜行凶间, 奠基
alias:这个杀手不太冷 = 这个杀手不太冷, 杀手莱昂, 终极追杀令
alias:楚门的世界 = 真人秀, 楚门秀
alias:指环王 = 魔戒
alias:阿甘正传 = 阿甘
alias:黑客帝国 = 骇客任务, 22世纪杀人网络
alias:头号玩家 = 一级玩家
alias:头脑特工队 = 玩转脑朋友, 脑筋急转弯电影
alias:疯狂动物城 = 动物方城市, 优兽大都会
alias:飞屋环游记 = 天外奇迹, 冲天救兵
alias:机器人总动员 = 瓦力
alias:海上钢琴师 = 声光伴我飞
alias:星际穿越 = 星际效应, 星际启示录
alias:忠犬八公的故事 = 忠犬八公
alias:千与千寻 = 神隐少女, 千寻
alias:三傻大闹宝莱坞 = 三个傻瓜, 三傻
alias:大话西游 = 大话西游, 西游记大结局之仙履奇缘
alias:霸王别姬 = 霸王别姬
alias:无间道 = 无间道
alias:让子弹飞 = 让子弹飞
alias:寻梦环游记 = 可可夜总会, 玩转极乐园
alias:复仇者联盟 = 复联
alias:速度与激情 = 速激
alias:变形金刚 = 变形金刚
alias:教父 = 教父
alias:辛德勒的名单 = 辛德勒名单, 舒特拉的名单
alias:致命魔术 = 顶尖对决
alias:搏击俱乐部 = 斗阵俱乐部
alias:怦然心动 = 怦然心动
alias:绿皮书 = 幸福绿皮书
alias:爱乐之城 = 乐来越爱你
alias:消失的爱人 = 控制电影, 失踪罪
alias:蝴蝶效应 = 蝴蝶效应
alias:沉默的羔羊 = 沉默的羔羊
alias:闻香识女人 = 女人香
alias:当幸福来敲门 = 当幸福来敲门
alias:流浪地球 = 流浪地球
alias:我不是药神 = 药神
alias:功夫 = 《功夫》
alias:阿凡达 = 阿凡达
alias:星球大战 = 星战
alias:寄生虫 = 寄生上流, 上流寄生族
alias:控方证人 = 控方证人
alias:七宗罪 = 火线追缉令
alias:猫鼠游戏 = 神鬼交锋
alias:禁闭岛 = 隔离岛
alias:盗火线 = 烈火悍将
alias:The Lord of the Rings = lotr
alias:Harry Potter = hp movies, hp, harry potter
alias:Star Wars = star wars, starwars
alias:Terminator 2 = t2
alias:Guardians of the Galaxy = gotg
alias:The Fast and the Furious = fast and furious
alias:The Shawshank Redemption = shawshank
"""  # fmt: skip
SURNAMES = frozenset("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公")  # fmt: skip
"""Chinese family names of one character."""


def words() -> str:
    """All of it as a list for the lexicon."""
    lines = [f"person:{role} = {names}" for known in (_ENGLISH, _CHINESE) for role, names in known.items()]
    for role, names in _CHINESE.items():
        lines += [f"nick:{role}:{one} = {one.replace('·', '')}" for one in names.split(", ") if "·" in one]
    return "\n".join([*lines, _NICKNAMES.strip(), _TITLES.strip()])
