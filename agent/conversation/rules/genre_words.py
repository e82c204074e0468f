"""How people call genres, in English and Chinese; `+` joins genres that one word names."""

WORDS = """
genre:comedy = comedy, comedies, comedic, funny, funny one, hilarious, laugh, laughs, laughing, piss myself laughing, pee my pants, laugh my ass off, laugh my head off, laughter, lol movie, lols, knee slapper, in stitches, split my sides, rib tickling, rib tickler, zany, wacky, silly, silly stuff, goofball, cheap laughs, a good laugh, a laugh, laugh out loud, make me laugh, makes me laugh, made me laugh, crack me up, cracks me up, humor, humour, humorous, humourous, slapstick, stand up comedy, farce, farces, spoof, spoofs, parody, parodies, goofy, silly humor, belly laughs, laugh riot, giggle, giggles, sitcom, sitcoms, side splitting, jokes, comdey, commedy, gags, raunchy comedy, dark comedy, dark comedies, black comedy, black comedies, dramedy, 喜剧, 喜剧片, 搞笑, 搞笑片, 搞笑的片子, 无厘头, 幽默, 幽默片, 爆笑, 笑片, 沙雕, 逗比, 滑稽, 滑稽片, 好笑, 逗乐, 逗笑, 搞怪, 恶搞, 恶搞片, 能笑, 让我笑, 能让我笑, 让人笑, 笑死, 笑一笑, 笑笑, 笑点多, 笑点密集, 轻喜剧, 黑色幽默, 黑色喜剧, 贺岁喜剧, 捧腹, 乐呵, 乐子, 解闷搞笑, 喜剧类, 喜剧电影, 诙谐, 逗趣, 欢乐片, 开心麻花, 相声, 脱口秀
genre:horror = horror, horrors, scary, spooky, creepy, frightening, terrifying, horror flick, slasher, slashers, fright, scare, scares, jump scares, jumpscares, jump scare, scare me, scares me, scare the hell out of me, scared, spook, horrer, horor, terror, hair raising, splatter, creature feature, haunted house, 恐怖, 恐怖片, 恐怖类, 鬼片, 惊恐片, 吓人, 吓人的片, 吓人片, 恐怖电影, 恐怖类型, 灵异, 灵异片, 血浆片, 惊吓, 惊悚恐怖, 吓死人, 毛骨悚然, 闹鬼, 鬼故事, 可怕, 瘆人, 恐怖向, 吓唬人
genre:sci-fi = sci fi, scifi, science fiction, sf, syfy, sci fy, sy fy, sci fie, si fi, scify, sci fic, scince fiction, science fition, sciencefiction, cyberpunk, space opera, dystopian sci fi, sifi, 科幻, 科幻片, 科幻类, 科幻电影, 赛博朋克, 太空歌剧, 硬科幻, 软科幻, 科学幻想, 科幻大片, 科幻向
genre:romance = romance, romances, romantic, love story, love stories, romantic movie, chick flick, chick flicks, date movie, lovey dovey, mushy, smoochy, tearjerking romance, 爱情, 爱情片, 爱情类, 爱情电影, 爱情故事, 浪漫, 浪漫片, 言情, 言情片, 恋爱, 恋爱片, 谈恋爱, 爱情向, 甜宠, 罗曼史, 浪漫爱情
genre:comedy+romance = romcom, romcoms, rom com, rom coms, romantic comedy, romantic comedies, romantic com, rom coms, 爱情喜剧, 爱情喜剧片, 浪漫喜剧, 浪漫喜剧片, 喜剧爱情片, 恋爱喜剧
genre:animation = animation, animations, animated, anime, animes, cartoon, cartoons, toon, toons, pixar style, animated movie, animated feature, claymation, stop motion, 动画, 动画片, 动画类, 动画电影, 动漫, 卡通, 卡通片, 番剧, 国漫, 日漫, 动漫电影, 二次元, 美漫动画
genre:documentary = documentary, documentaries, docu, docus, doc, docs, documentery, documentry, docos, doco, docuseries, nonfiction, non fiction film, mockumentary, factual, 纪录片, 记录片, 纪实, 纪实片, 纪录, 纪录电影, 纪实类, 纪录长片, 真实记录
genre:action = action, action packed, actioner, action flick, action flicks, shoot em up, shoot em ups, kick ass, kickass, martial arts, kung fu, kungfu, fight scenes, fights, explosions, blow stuff up, car chases, 动作, 动作片, 动作类, 动作电影, 打斗, 打斗片, 打戏, 功夫, 功夫片, 武打, 武打片, 枪战, 枪战片, 武侠, 武侠片, 格斗, 爽片动作, 打打杀杀, 飙车, 动作大片
genre:thriller = thriller, thrillers, thrilling, suspense, suspenseful, edge of my seat, edge of your seat, edge of the seat, nail biter, nail biters, nail biting, psychological thriller, thiller, triller, thrilers, 惊悚, 惊悚片, 惊悚类, 惊悚电影, 惊险, 惊险片, 心理惊悚, 紧张刺激, 刺激的片子, 烧脑惊悚, 谍战惊悚, 惊悚向
genre:drama = drama, dramas, dramatic, melodrama, melodramas, tearjerker, tear jerker, tearjerkers, weepie, weepies, 剧情, 剧情片, 剧情类, 剧情电影, 文艺, 文艺片, 苦情戏, 正剧, 剧情向
genre:war = war, war movie, war movies, war film, war films, wartime, military, ww2 film, war flicks, 战争, 战争片, 战争类, 战争电影, 打仗, 打仗的, 军事, 军事片, 军旅片, 二战片, 抗战片, 抗日片, 战争向
genre:western = western, westerns, westren, spaghetti western, spaghetti westerns, cowboy, cowboys, wild west, 西部, 西部片, 西部类, 西部电影, 牛仔片, 牛仔, 西部牛仔
genre:musical = 的歌舞片, 的歌舞剧, 的歌舞, 的歌剧, 的音乐剧, musical, musicals, musicles, broadway, song and dance, singing and dancing, 音乐剧, 歌舞, 歌舞片, 歌舞剧, 歌舞类, 音乐剧电影, 歌舞电影, 唱歌跳舞, 唱唱跳跳, 又唱又跳
genre:music = 的音乐片, music film, music movie, concert film, concert films, music biopic, 音乐片, 音乐电影, 演唱会电影
genre:crime = crime, crimes, gangster, gangsters, mafia, mob, mob movie, mobster, mobsters, gangland, cop movie, cop movies, cop film, police movie, film noir crime, 犯罪, 犯罪片, 犯罪类, 犯罪电影, 黑帮, 黑帮片, 警匪, 警匪片, 黑社会, 黑道, 罪案, 罪案片, 江湖片, 缉毒片, 刑侦, 刑侦片
genre:fantasy = fantasy, fantasies, fantastical, swords and sorcery, sword and sorcery, fairy tale fantasy, magical, fantasty, high fantasy, 奇幻, 奇幻片, 魔幻, 魔幻片, 玄幻, 玄幻片, 奇幻类, 奇幻电影, 仙侠, 仙侠片, 童话奇幻, 神话片
genre:mystery = mystery, mysteries, whodunit, whodunits, whodunnit, whodunnits, detective, detectives, detective story, detective stories, murder mystery, murder mysteries, sleuth, mistery, 悬疑, 悬疑片, 悬疑类, 推理, 推理片, 侦探, 侦探片, 悬疑电影, 悬疑推理, 破案, 破案片, 本格推理, 推理类, 探案, 探案片
genre:mystery+thriller = 悬疑惊悚片, 悬疑惊悚
genre:adventure = adventure, adventures, adventurous, swashbuckler, swashbucklers, swashbuckling, quest, treasure hunt, 冒险, 冒险片, 冒险类, 冒险电影, 探险, 探险片, 探险类, 寻宝, 寻宝片, 历险
genre:biography = biography, biographies, biographical, biopic, biopics, bio pic, bio pics, life story, life stories, memoir, memoirs, true life story, 传记, 传记片, 传记类, 传记电影, 人物传记, 自传, 真实人物
genre:history = history, historical, historic, period piece, period pieces, period drama, period dramas, costume drama, costume dramas, histrical, 历史, 历史片, 历史类, 历史电影, 古装, 古装片, 史诗片, 历史题材, 年代片, 古代
genre:sport = sport, sports, sporty, sports movie, sports movies, sports film, sport movie, 体育, 体育片, 运动, 运动片, 体育类, 运动类, 体育电影, 体育题材
genre:film-noir = film noir, noir, neo noir, noirs, films noirs, 黑色电影
genre:family = 家庭片
"""
"""Surfaces of each genre."""
