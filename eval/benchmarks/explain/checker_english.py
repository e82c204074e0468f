"""Clauses of English explanations: patterns over a sentence whose terms are placeholders, tried longest first."""

from __future__ import annotations

VERBS = {
    "liked": "liked", "like": "liked", "loved": "liked", "love": "liked", "enjoyed": "liked", "enjoy": "liked",
    "gave a like to": "liked", "responded well to": "liked", "rated highly": "liked", "appreciated": "liked",
    "thought well of": "liked", "disliked": "disliked", "did not like": "disliked", "do not like": "disliked",
    "watched": "had", "saw": "had", "seen": "had", "read": "had", "listened to": "had", "viewed": "had", "had": "had",
    "looked at": "had", "opened": "had", "played": "had", "have": "had", "came across": "had", "come across": "had", "visited": "had",
    "bought": "bought", "purchased": "bought", "ordered": "bought", "shared": "shared", "followed": "followed",
    "follow": "followed", "commented on": "commented", "wrote a comment on": "commented", "saved": "saved",
    "rated": "rated",
}  # fmt: skip
ROLES = {
    "director": "director", "directors": "director", "star": "star", "stars": "star", "actor": "star", "lead": "star",
    "actors": "star", "actress": "star", "cast": "star", "cast member": "star", "leading actor": "star",
    "lead actor": "star", "leads": "star", "author": "author", "authors": "author", "writer": "author", "writers": "author",
    "artist": "artist", "artists": "artist", "singer": "artist", "band": "artist", "brand": "brand", "maker": "brand",
    "manufacturer": "brand", "year": "year", "release year": "year", "year of release": "year", "category": "category",
    "categories": "category", "genre": "category", "genres": "category", "kind": "category", "label": "category",
    "labels": "category", "tag": "category", "tags": "category", "subject": "category", "section": "category",
    "running time": "length",
}  # fmt: skip
DONE = {
    "directed": "director", "made": "director", "written": "author", "wrote": "author", "authored": "author",
    "recorded": "artist", "performed": "artist", "sung": "artist", "manufactured": "brand", "headlined": "star",
    "led": "star", "stars in": "star", "appears in": "star", "plays in": "star", "acts in": "star", "star in": "star",
    "appear in": "star", "play in": "star", "is in the cast of": "star",
}  # fmt: skip
DROPPED = ("it's", "it is"), ("you've", "you have"), ("they're", "they are"), ("that's", "that is"), ("isn't", "is not"), ("we've", "we have"), ("haven't", "have not"), ("hasn't", "has not"), ("doesn't", "does not"), ("didn't", "did not"), ("you'll", "you will"), ("here's", "here is"), ("we're", "we are"), ("there's", "there is"), ("don't", "do not")  # fmt: skip

_ONE = "film|movie|book|title|item|product|album|song|track|game|article|story|show|place|business|picture|work|piece|headline|report|one"
_MANY = _ONE.replace("story", "stories").replace("business", "businesses").replace("|", "s|") + "s|news"
_N = r"<\d+>"
_NOUN = f"(?:{_ONE}|{_MANY})"
_TS = rf"(?:both |the {_NOUN} |titles such as )?{_N}(?:(?:, {_N})+,? (?:and|or|&) {_N}| (?:and|or|&|as well as) {_N})?"
_VS = (
    rf"(?:both )?(?:the )?{_N}(?:[ /-]{_N})*(?:(?:, {_N})+,? (?:and|or|&) {_N}(?: {_N})*| (?:and|or|&) {_N}(?: {_N})*)?"
)
_ITEM = rf"(?:it|itself|this (?:other |recommended |suggested )?{_NOUN}|this|that one|the {_NOUN}|the (?:recommended|suggested) {_NOUN}|this (?:recommendation|suggestion|pick|choice)|our (?:pick|suggestion|recommendation))"
_ADV = r"(?:(?:also|previously|already|once|both|earlier|before|really|have|had|yourself|had previously|in the past) )*"
_VERB = "|".join(sorted((verb for verb in VERBS if verb != "rated highly"), key=len, reverse=True))
_ROLE = "|".join(sorted(ROLES, key=len, reverse=True))
_DID = "|".join(sorted(DONE, key=len, reverse=True))
_BE = "(?:is|are|was|were)"
_DO = "recommended|suggested|picked|chosen|selected|shown|listed|offered|put forward|here|included|on this list|on your list|on the list"
_COND = "(?:condition|conditions|requirement|requirements|limit|limits|constraint|constraints|filter|filters|wish|wishes|criterion|criteria)"
_WHO = "(?:people|users|viewers|readers|customers|listeners|those|buyers|shoppers|members|other users|other people|other viewers|other readers)"
_GOT = "(?:had|have had|have|watched|have watched|saw|have seen|read|have read|chose|have chosen|picked|came to|turned to|took|went on to|listened to|viewed)"
_MORE = r"(?:more often|more frequently|more commonly|at a higher rate|oftener)"
_THAN = r"(?: than (?:(?:among|for|by|with) )?(?:other people|other users|other viewers|other readers|users in general|people in general|users overall|users as a whole|the average user|average|everyone else|the rest|the rest of the users|users without it|most|usual|others)(?: do| did| had)?)"

PATTERNS: list[tuple[str, str]] = [
    ("user", rf"(?:(?:which|that|as) )?you {_ADV}(?P<d>{_VERB})(?: both)? (?P<t>{_TS}|it|this)"),
    ("user", rf"(?:you )?(?:have )?(?:rated|scored) (?P<t>{_TS})(?P<high> highly| high| well)"),
    ("user", rf"you (?:have )?(?:rated|scored) (?P<t>{_TS}) (?:at |with |as )?(?P<n>{_N})(?: stars?| points?| out of (?:5|<\d+>)| of (?:5|<\d+>))*"),
    ("user", rf"you (?:have )?gave (?:a )?(?P<n>{_N})(?: stars?| points?| out of <\d+>)* to (?P<t>{_TS})"),
    ("user", rf"you (?:have )?(?:gave|given) (?P<t>{_TS}) (?:(?P<high>a high rating|a good rating|high ratings|good ratings|a like|likes|a high score)|(?:a rating of )?(?P<n>{_N})(?: stars?| points?| out of <\d+>)*)"),
    ("user", rf"you (?:have )?(?:gave|given) (?P<high>a high rating|a good rating|high ratings|good ratings|a like|a high score) to (?P<t>{_TS})"),
    ("user", rf"you {_ADV}(?:put|added|placed) (?P<t>{_TS}) (?P<cart>in|into|to) (?:your|the) (?:cart|basket|shopping cart|shopping basket)"),
    ("user", rf"your (?:(?P<like>liking for|liking of|love of|love for|fondness for|taste for|enjoyment of|high rating of|high rating for|good rating of|good rating for|high ratings of|high ratings for|like for|like of|positive rating of|positive rating for)|(?P<buy>purchase of|purchases of|order of)|(?P<had>history with|history includes|history has|history contains|viewing of|reading of)|(?P<rated>rating of|ratings of)) (?P<t>{_TS})"),
    ("user", rf"(?P<t>{_TS})(?:,)? (?:is|are|was|were) (?:both )?(?P<like>liked|enjoyed) by you"),
    ("user", rf"(?P<t>{_TS})(?:,)? (?:is|are|was|were) (?:both )?(?P<buy>bought|purchased) by you"),
    ("user", rf"(?P<t>{_TS})(?:,)? (?:from|in|which is in|which are in|is in|are in|is part of|already in) (?P<had>your history|what you have had|your list)"),
    ("user", rf"(?P<t>{_TS})(?:,)? (?:is|are|was|were)(?: among)?(?: also| both)? (?:the |a |an )?(?:{_NOUN})(?: that| which)? you {_ADV}(?P<d>{_VERB})"),
    ("rel", rf"(?:which|that|both of which|a {_NOUN}|a {_NOUN} that|a {_NOUN} which|an? {_NOUN}|one|one that|both|two {_NOUN}|{_NOUN}|{_NOUN} that|two {_NOUN} that|the two {_NOUN})? ?you {_ADV}(?P<d>{_VERB}|rated (?P<high>highly|well))(?: both)?(?: before| earlier| already)?"),
    ("rel", rf"(?:which|that|both of which|a {_NOUN}|one|both)? ?you {_ADV}(?:gave|given) (?P<high>a high rating|a good rating|high ratings|a like)(?: to)?"),
    ("rel", rf"(?:which|that|one|a {_NOUN}|both)? ?you {_ADV}(?P<cart>put|added|placed) (?:in|into|to) (?:your|the) (?:cart|basket)"),
    ("rel", r"(?:which (?:is|are)|both of which are|also|is|are|already)? ?(?P<had>(?:in|from|part of) your (?:history|list))"),
    ("condition", rf"which (?:{_ITEM}|(?P<o>{_N})) (?:meets|satisfies|fulfils|passes)"),
    ("condition", r"(?:also )?(?:meets|satisfies|fulfils) (?P<same>it|this|that|this one|that one)"),
    ("taste", rf"you {_ADV}(?:like|liked|enjoy|enjoyed|watch|read) (?P<v>{_N})(?: {_NOUN})?"),
    ("not_had", rf"you have not (?:had|seen|watched|read|tried|bought|listened to|come across|viewed) (?:{_ITEM}|(?P<t>{_N}))(?: yet| before| so far)?"),
    ("not_had", r"you have not (?:had|seen|watched|read|tried|come across|viewed)(?: yet| before| so far)?"),
    ("near", rf"(?:(?:{_BE}|comes|sits|stands|lies|ranks|being) )?(?:also )?(?:quite )?(?:close|similar|near|akin|comparable)(?: (?:in|by) (?:text|content|description|its text|its description|what is written about it))?(?: to)? (?:that of )?(?P<t>{_TS}|it|this {_NOUN}|this)"),
    ("near", rf"(?:{_BE} )?(?:also )?(?:among|one of) (?:the )?(?:{_NOUN} )?(?:in the catalogue )?(?:that are )?(?:closest|nearest|most similar)(?: {_NOUN})?(?: in the catalogue)? to (?P<t>{_TS}|it|this)"),
    ("near", rf"(?:(?:its|whose|the) (?:description|text|content) (?:is|reads) |has a (?:description|text) )(?:close|similar|near) to (?:that of |the one of |those of )?(?P<t>{_TS})(?: 's)?"),
    ("near", rf"(?:resembles|something like|resembling|reads like|much like) (?P<t>{_TS})"),
    ("near", rf"(?:{_BE} )?(?:both )?(?:close|similar|alike|near)(?: to each other| to one another| to both of them| to both| to them)?"),
    ("near", rf"(?:(?:{_BE} )?(?:both )?(?:close|similar|near) to (?:each other|one another))"),
    ("share", rf"(?:which )?(?:both )?(?:shares?|share|have|has) (?:with (?P<t>{_TS}) )?(?:the |its |their |a |an )?(?:same )?(?:(?P<f>{_ROLE}),? )?(?P<v>{_VS})(?: (?P<f2>{_ROLE}|{_NOUN}))?(?:,? and (?:also )?(?:the |its )?(?:(?P<f3>{_ROLE}) )?(?P<v2>{_VS}))?(?: with (?P<t2>{_TS}|it|them)| in common with (?P<t3>{_TS}|it|them)| in common)"),
    ("share", rf"(?:which )?(?:both )?(?:shares?|share) (?:with (?P<t>{_TS}) )?(?:the |its |their |a |an )?(?:same )?(?:(?P<f>{_ROLE}),?:? )?(?P<v>{_VS})(?: (?P<f2>{_ROLE}|{_NOUN}))?(?:,? and (?:also )?(?:the |its )?(?:(?P<f3>{_ROLE}) )?(?P<v2>{_VS}))?"),
    ("share", rf"(?:both )?(?:shares?|share|have|has) (?:the |its |their |a |an )?(?:same |common |of their )*(?P<f>{_ROLE})(?:(?: with| as) (?P<t>{_TS}))?(?: in common)?(?:(?:,|:)? (?P<v>{_VS}))?"),
    ("share", rf"(?:both )?(?:shares?|share|have|has) (?:the |its |their |a |an )?(?:same |common )*(?P<f>{_ROLE}),? (?P<v>{_VS}),? (?:as|with) (?P<t>{_TS})(?: does| do)?"),
    ("share", rf"(?:(?:{_BE} )?(?:also )?(?:both )?(?:by|from|with|in|of|directed by|written by|comes from|come from) )?the same (?P<f>{_ROLE})(?:,? (?P<v>{_VS}),?)?(?: as (?:in )?(?P<t>{_TS})(?: does| do| is)?)?"),
    ("share", rf"(?:what (?:they|the two|both|it and <\d+>) (?:share|have in common) (?:is|are)|(?:they|the two) have in common|common to both (?:is|are)|in common:|shared:) (?:the )?(?:(?P<f>{_ROLE}) )?(?P<v>{_VS})"),
    ("share", rf"what (?:it|this {_NOUN}) (?:shares|has in common) with (?P<t>{_TS}) (?:is|are) (?:the )?(?:(?P<f>{_ROLE}),? )?(?P<v>{_VS})"),
    ("share", rf"(?P<v>{_VS}) (?:{_BE} )(?:the )?(?:(?P<f>{_ROLE}) )?(?:(?:that )?(?:they|the two|both) (?:share|have in common)|common to both|of both|shared by both)"),
    ("no", rf"(?:(?:{_BE}|has|have|with|contains|belongs to|there is) )?(?:no|without|free of|not an?|not|does not contain|does not have|none of|does not belong to) (?P<v>{_VS})(?: {_NOUN})?(?: in it)?"),
    ("role", rf"(?:{_BE} |was )?(?:both |also )?(?P<done>directed|written|authored|made|recorded|performed|headlined|led|sung|manufactured) by (?P<v>{_VS})"),
    ("role", rf"(?:which |that |both )?(?:stars?|starring|features?|featuring|with) (?P<star>(?P<v>{_VS}))(?: in it| in the cast| among the cast| in the lead| in the leading role)?"),
    ("role", rf"(?:has|have) (?P<v>{_VS}) (?P<star>in the cast|in its cast|in their cast|among its stars|among its cast|in the lead|in a leading role|in the leading role)"),
    ("role", rf"(?:has|have) (?P<v>{_VS}) as (?:its |the |their |a |an )?(?P<f>{_ROLE})"),
    ("role", rf"(?:{_BE} )?(?:also |both )?(?P<by>by) (?P<v>{_VS})"),
    ("role", rf"(?P<v>{_VS}) (?P<done>{_DID})(?P<whom> (?:{_TS}|both of them|both {_NOUN}|both|them|the two|{_ITEM}))"),
    ("role", rf"(?P<v>{_VS}) (?:is|are|was|were) (?:its|the|their|one of its|one of the|an?) (?P<f>{_ROLE})(?P<whom> of (?:both of them|both {_NOUN}|both|{_ITEM}|{_TS}))?"),
    ("role", rf"(?:its|their|whose|the|for both the|for both,? the|in both the|in both,? the) (?P<f>{_ROLE})(?: (?:listed|of both|in both|of both {_NOUN}))?(?: for it)? (?:is|are|was|includes?) (?P<v>{_VS})"),
    ("role", rf"(?P<f>{_ROLE}):? (?P<v>{_VS})"),
    ("role", rf"(?:(?:both )?(?:has|have|with|in|under|has got|from|of|by)) (?:the |a |an )?(?P<f>{_ROLE}),?:? (?P<v>{_VS})"),
    ("year", rf"(?:(?:{_BE} |was )?(?:both |also )?(?:released|published|made|issued|dates?|dating|dated|came out|come|comes|first released|out|first published) )?(?:both )?(?:from|in|of|back to) (?:the (?:year )?)?(?P<v>{_N})"),
    ("place", rf"(?:both )?(?:belongs?|falls?|sits?|files?|filed|listed|(?:is|are) (?:both )?(?:listed|filed|labelled|tagged|classed|categorised|marked))(?: to| under| in| as| into| with| within)+ (?:a |an |the )?(?:same )?(?:(?P<f>{_ROLE}) )?(?:of )?(?P<v>{_VS})(?: (?P<f2>{_ROLE}|{_NOUN}))?"),
    ("place", rf"(?:both |also )?(?:in|under|has|have) (?:the )?(?P<v>{_VS}) (?P<f>{_ROLE})"),
    ("length", rf"(?:runs|lasts|runs for|is|lasts for) (?P<v>{_N}) (?:minutes|min)(?: long)?"),
    ("together", rf"{_WHO} (?:who|that) (?:also )?{_GOT} (?P<t>{_TS}|it|this)(?: have| do)? (?:also )?(?:tend to )?(?:{_MORE} )?{_GOT} (?P<o>{_ITEM}|{_N})(?:,? too| as well)?(?: {_MORE})?{_THAN}?"),
    ("together", rf"(?:(?P<o>{_N}) )?(?:{_BE} |was )?(?:also )?(?:had|chosen|watched|picked|read|seen|found|common|frequent|taken)?(?: {_MORE}| more common| more frequent|more common|more frequent| often)?{_THAN}? ?(?:by|among|with) {_WHO} (?:who|that) (?:also )?{_GOT} (?P<t>{_TS}|it|this){_THAN}?"),
    ("together", rf"among {_WHO} who {_GOT} (?P<t>{_TS}|it|this), (?P<o>{_ITEM}|{_N}) (?:is|was) (?:had|chosen|watched|picked|read|seen|more common|more frequent)(?: {_MORE})?{_THAN}?(?: in general| overall)?"),
    ("popular", rf"(?:{_BE} )?(?:also )?(?:among|one of|in|counts among|counted among|belongs to|ranks among|part of) (?:the )?(?:most popular|more popular|most-watched|most widely had|most chosen|most popular tenth|top tenth)(?: {_NOUN}| tenth)?(?: by number of users)?(?: here| overall| in the catalogue| of the catalogue| in this catalogue| on offer| we have| that we have)?"),
    ("popular", rf"(?:{_BE} )?(?:also )?(?:a )?popular(?: {_NOUN}| choice| pick)?(?: with (?:other |many )?(?:users|people|viewers|readers)| among (?:other )?(?:users|people|viewers|readers)| here| overall| in the catalogue| in this catalogue)*"),
    ("popular", r"(?:many|a lot of|a large number of) (?:other )?(?:users|people|viewers|readers) (?:have )?(?:had|chose|watched|read|seen|chosen) it"),
    ("most", rf"(?:{_BE} )?the (?:single )?most popular(?: {_NOUN})?(?: of all)?(?: here| overall| in the catalogue| in this catalogue)?"),
    ("query", rf"(?:what )?you (?:asked|searched|looked|were looking|are looking|asked us|have asked|have searched)(?: for)? (?P<q>{_N}|{_N}(?: {_N})+)"),
    ("query", rf"your (?:search|request|query|words|wish)(?: (?:for|was|is|of|were))?:? (?P<q>{_N})"),
    ("query", r"(?:(?:matches|fits|suits|answers|goes with|responds to|relates to|in line with|in answer to|in reply to|in response to|for|found for|with) )?(?:your (?:search|request|query|words)|what you (?:asked for|searched for|were looking for))(?:,)?(?: today| here)?"),
    ("condition", rf"(?:which )?(?:also )?(?:meets?|satisfies|satisfy|fits?|passes|pass|fulfils|matches|match|keeps to|keeps within|respects|stays within|complies with|in line with|is within) (?:(?:all |each |every one |both )?(?:of )?)?(?:your|the|this|that)(?: own| hard| stated)* {_COND}(?: you (?:set|gave|named|stated))?(?:(?: that it be| that it is| of|:|,| that)? ?(?P<c>{_TS}))?"),
    ("condition", rf"(?:which )?(?:also )?(?:meets?|satisfies|fits?|passes|fulfils|matches|keeps to|respects|complies with) (?:the |your )?(?P<c>{_TS})(?:,? (?:as you (?:required|asked|set|wanted)|your {_COND}|the {_COND} (?:that )?you (?:set|gave)|which you (?:required|set)|a {_COND} (?:of yours|you set)))?"),
    ("condition", rf"your {_COND} (?P<c>{_TS}) (?:is|are) (?:both )?(?:met|satisfied|fulfilled|kept)"),
    ("condition", rf"(?:all )?your {_COND} (?:is|are) (?:all )?(?:met|satisfied|fulfilled)"),
    ("condition", rf"you (?:required|set the {_COND}|set|gave the {_COND}|named the {_COND})(?: of|:)? (?P<c>{_TS})(?:, (?:which|and) it meets)?"),
    ("explored", rf"(?:{_BE} |was |has been )?(?:partly )?(?:drawn|picked|chosen|selected|shown|suggested|included)? ?(?:by chance|at random|randomly|randomly chosen|as an exploration|as an experiment)"),
    ("explored", rf"(?:{_BE} )?(?:an exploratory (?:pick|suggestion|choice|recommendation)|a random (?:pick|suggestion|choice|draw)|a chance (?:pick|draw)|exploratory|an exploration)"),
    ("explored", r"(?:so as )?to (?:explore|learn (?:more )?(?:about )?your tastes?|find out (?:more )?(?:about )?your tastes?|explore (?:more of )?your tastes?|see whether it suits you|try something outside your history)"),
    ("unseen", rf"(?:so far,? |until now,? |as yet,? |to date,? )?(?:nobody|no one|no user|no users|no other user) (?:else )?(?:here )?(?:has|have) (?:had|seen|watched|tried|read|chosen|picked)(?: (?:{_ITEM}|<\d+>))?(?: yet| so far| before)?"),
    ("unseen", r"(?:has|have) (?:not been (?:had|seen|watched|tried|read|chosen) by (?:anyone|anybody|any user)(?: yet| so far)?|no (?:users|viewers|readers|views)(?: yet| so far)?|had no (?:users|viewers|readers)(?: yet| so far)?)"),
    ("sponsored", r"(?:(?:is|are|was) )?(?:a |an )?(?:also )?(?:sponsored|paid|advertised)(?: (?:placement|place|item|suggestion|recommendation|slot|position|result|title|film|book))?"),
    ("sponsored", r"(?:its|the|this) (?:place|position|placement|slot)(?: here| in the list| on the list)? (?:is|was|has been) (?:sponsored|paid for|a paid one)"),
    ("sponsored", r"(?:is |as )?an? (?:advertisement|ad|advert)"),
    ("offer", rf"you (?:may|might|could) (?:also |well |therefore )?(?:like|enjoy|want to (?:watch|see|read|try|look at|consider)|be interested in|find interesting|care for|consider)(?: (?P<t>{_N}|{_ITEM}))?(?:,? too| as well)?"),
    ("offer", rf"(?:(?P<t>{_N}) )?(?:may|might|could) (?:also |well |therefore )?(?:suit you|be of interest(?: to you)?|appeal to you|interest you|be worth a look|be a good fit(?: for you)?|be for you|be to your taste|be a fit|fit your taste)(?:,? too| as well)?"),
    ("offer", rf"we (?:recommend|recommended|suggest|suggested|picked|chose|show|put forward|selected|are suggesting|are recommending|have picked|have chosen)(?: you)? (?P<t>{_N}|{_ITEM})"),
    ("reason", rf"(?:it |this )?(?:is |are |was |were |has been |comes )?(?:also )?(?:{_DO})(?: to you| for you| on your list)?(?: because| since| as| on the basis of| based on| for| for the reason that| mainly because| after| from)?"),
    ("reason", r"(?:the reason is|the reason for this is|reason|why|one reason is|based on|on the basis of|because of|given|going by|following|after|considering|seeing|in view of|thanks to|owing to|due to|on account of)(?: that)?"),
    ("reason", r"(?:is )?(?:a|our|the|another) (?:suggestion|recommendation|pick)(?: for you)?(?: because| based on)?"),
    ("who", rf"who (?:also )?(?:both )?(?P<done>{_DID}) (?P<t>{_TS}|{_ITEM})"),
    ("who", rf"(?:also )?the (?P<f>{_ROLE}) of (?P<t>{_TS}|{_ITEM})(?: too| as well)?"),
    ("both", rf"(?:they|them|both|both of them|both {_NOUN}|the two|these two|the two {_NOUN}|these {_NOUN}|these two {_NOUN}|of them|the pair|like it|all of them|each)(?: both| all)?"),
    ("which", r"(?:which|that|whose)"),
    ("like", rf"(?:just |much )?(?:like|as with|along with|together with|as is|as are|as was|as in|as does|as do|alongside|besides|with|and so is|and so are|so is|so are|so does|so do|in common with|the same as|as) (?P<t>{_TS}|it|them|both of them)(?: (?:is|does|are|do|was|were))?(?: 's)?"),
    ("item", _ITEM),
    ("be", rf"{_BE}(?: also| both| itself| again| likewise| each)*(?: too)?"),
    ("named", rf"(?:(?:a|an|the|another|this|two|both|other|listed|labelled) )*(?P<v>{_VS})(?: {_NOUN})?"),
    ("noun", rf"(?:a|an|the|another|two|both)? ?{_NOUN}"),
    ("join", r"(?:because|since|as|and|so|also|too|if|given that|seeing that|that is why|which is why|this is why|therefore|hence|for this reason|in addition|moreover|what is more|here is|here|for you|why|as well|while|being|for|similarly|likewise|to you|then|accordingly|before|earlier|from your history|now|where|after that|again|we note that|note that|please note that|in turn|by comparison|at the same time|the latter|either|each|but|though|out|that|just)"),
    ("stop", r"[,;:.!()\-—–/]|'s"),
]  # fmt: skip
