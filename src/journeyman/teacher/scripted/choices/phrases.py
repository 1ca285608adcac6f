"""The words of the wishes: cores, styles, and what is asked back. None of them tells which API is meant.

A core is a question and an order; a style takes the one it needs. The wishes that a file decides have
one set of cores each, whatever the file: the words of ``restore`` fit haze and rain alike.
"""

CORES: dict[str, tuple[tuple[str, str], ...]] = {
    "guided": (
        (
            "what would {subject} look like that keeps to the layout of {thing}",
            "paint {subject} after the layout of {thing}",
        ),
        (
            "can you turn {thing} into a finished artwork of {subject}",
            "turn {thing} into a finished artwork of {subject}",
        ),
        ("how does {subject} come out with {thing} as the template", "create {subject} with {thing} as the template"),
        ("what do you get for {subject} when you follow {thing} closely", "make {subject} and follow {thing} closely"),
    ),
    "restore": (
        ("can {thing} be made fit to print again", "make {thing} fit to print again"),
        ("what does {thing} look like once its fault is gone", "mend what is wrong with the look of {thing}"),
        ("how was {thing} meant to look", "bring {thing} back to how it was meant to look"),
        ("can you get {thing} into good shape", "get {thing} into good shape and change nothing else"),
    ),
    "describe": (
        ("what would you tell a blind friend about {thing}", "tell a blind friend what there is in {thing}"),
        ("what should the alternative text of {thing} say", "write the alternative text of {thing}"),
        ("what does {thing} hold, in two sentences", "sum up in two sentences what {thing} holds"),
        ("how would you describe {thing} in a few lines", "describe {thing} in a few lines"),
    ),
    "label": (
        ("what exactly is it that {thing} shows", "name exactly what {thing} shows"),
        ("what is the proper name of what we see in {thing}", "give the proper name of what we see in {thing}"),
        ("which exact kind do we have in {thing}", "tell me which exact kind we have in {thing}"),
        ("under which label should {thing} be filed", "choose the label under which to file {thing}"),
    ),
    "spoken": (
        ("what is said in {thing}, word for word", "write down word for word what is said in {thing}"),
        ("how does {thing} read as a transcript", "make a transcript of {thing}"),
        ("which words does the speaker in {thing} use", "type up all the words of the speaker in {thing}"),
        ("can I have {thing} in writing, just as it was spoken", "put {thing} in writing, just as it was spoken"),
    ),
    "repair": (
        ("can {thing} be made pleasant to listen to", "make {thing} pleasant to listen to"),
        ("how would {thing} sound without its fault", "take the fault out of the sound of {thing}"),
        ("is there a way to get {thing} ready for broadcast", "get {thing} ready for broadcast"),
        ("how should {thing} really have sounded", "let {thing} sound as it really should have"),
    ),
    "timeline": (
        ("what can be heard in {thing}, and at which second", "list what can be heard in {thing}, second by second"),
        ("when does each sound in {thing} begin and end", "mark when each sound in {thing} begins and ends"),
        ("what is the timeline of {thing}", "draw up the timeline of {thing}"),
        ("which sounds make up {thing}, with their times", "write out the sounds of {thing}, with their times"),
    ),
    "happens": (
        ("what goes on in {thing}, frame by frame", "log frame by frame what goes on in {thing}"),
        ("what changes in {thing}, and when", "report what changes in {thing}, and when"),
        ("which events are there in {thing}", "list the events there are in {thing}"),
        ("how does {thing} develop from start to end", "tell how {thing} develops from start to end"),
    ),
    "steady": (
        ("can {thing} be made fit to be seen on the big screen", "make {thing} fit to be seen on the big screen"),
        (
            "is there a version of {thing} that is easy on the eyes",
            "make a version of {thing} that is easy on the eyes",
        ),
        ("how would a professional have filmed {thing}", "make {thing} look as if a professional had filmed it"),
        ("what can be done to save {thing} from its flaw", "save {thing} from its flaw"),
    ),
    "to french": (
        ('what is "{payload}" in French', 'translate "{payload}" into French'),
        ('how would a Parisian say "{payload}"', 'tell me how a Parisian would say "{payload}"'),
        ('can you put "{payload}" into French', 'put "{payload}" into French'),
    ),
    "to german": (
        ('what is "{payload}" in German', 'translate "{payload}" into German'),
        ('how would a Berliner say "{payload}"', 'tell me how a Berliner would say "{payload}"'),
        ('can you put "{payload}" into German', 'put "{payload}" into German'),
    ),
    "summary": (
        ('what does this come down to: "{payload}"', 'boil this down to one sentence: "{payload}"'),
        ('what is the gist of "{payload}"', 'give me the gist of "{payload}"'),
        ('how can "{payload}" be made much shorter', 'make "{payload}" much shorter'),
    ),
    "sentiment": (
        (
            'does this customer sound pleased or annoyed: "{payload}"',
            'say if they were pleased or annoyed: "{payload}"',
        ),
        ('how positive is the review "{payload}"', 'rate how positive the review "{payload}" is'),
        ('what is the feeling behind "{payload}"', 'name the feeling behind "{payload}"'),
    ),
    "entities": (
        ('which people and places does "{payload}" mention', 'list the people and places named by "{payload}"'),
        ('who and where is meant by "{payload}"', 'mark who and where is meant by "{payload}"'),
        ('which proper names stand in "{payload}"', 'pick all proper names out of "{payload}"'),
    ),
    "grammar": (
        ('what is the correct English for "{payload}"', 'correct the English of "{payload}"'),
        ('how should "{payload}" be written without mistakes', 'write "{payload}" without mistakes'),
        ('is "{payload}" good grammar, and if not, what is', 'put the grammar right in "{payload}"'),
    ),
    "answer": (
        ('going by "{payload}", can you say {asked}', 'say, from the passage "{payload}", {asked}'),
        (
            'can you find out {asked}, if we trust the note "{payload}"',
            'find out {asked}, if we trust the note "{payload}"',
        ),
    ),
    "python": (
        ('how does a Python function for this look: "{payload}"', 'write a Python function for this: "{payload}"'),
        ('can you program "{payload}" in Python', 'program "{payload}" in Python'),
    ),
    "sql": (
        ('which statement gets "{payload}" out of our database', 'write a database statement that gets "{payload}"'),
        ('how do I get "{payload}" with SQL', 'get me "{payload}" with an SQL command'),
    ),
    "read aloud": (
        ('how does "{payload}" sound when it is read aloud', 'say "{payload}" as if it is read aloud'),
        ('can I hear "{payload}" as an audio file', 'let me hear "{payload}" as an audio file'),
    ),
    "paint": (
        ('what would a painting of "{payload}" look like', 'make a painting of "{payload}"'),
        ('can you illustrate "{payload}"', 'illustrate "{payload}"'),
        ('how might an artist show "{payload}"', 'show "{payload}" as an artist might'),
    ),
}
"""By wish. ``{thing}`` is the file, ``{payload}`` words that are worked on, ``{asked}`` a question about them."""

UNKNOWN: dict[str, tuple[tuple[str, str], ...]] = {
    "image": (
        ("which perfume goes with {thing}", "choose a perfume to go with {thing}"),
        ("what would {thing} fetch at an auction", "estimate what {thing} would fetch at an auction"),
        ("in which year was the coin in {thing} struck", "date the coin in {thing} to the year it was struck"),
        ("can you knit a scarf after {thing}", "write a knitting pattern for a scarf after {thing}"),
        ("how warm was it when {thing} was taken", "work out how warm it was when {thing} was taken"),
        ("who holds the copyright of {thing}", "find out who holds the copyright of {thing}"),
        ("which smell would rise from {thing}", "imagine the smell that would rise from {thing}"),
        ("can you have {thing} printed on forty mugs", "order forty mugs with {thing} on them"),
        ("how heavy is everything in {thing} together", "weigh everything in {thing} together"),
        ("which shop near me sells what is in {thing}", "reserve what is in {thing} at a shop near me"),
        ("on which film stock was {thing} shot", "tell on which film stock {thing} was shot"),
        ("does {thing} hide a secret message in its pixels", "dig the secret message out of the pixels of {thing}"),
    ),
    "audio": (
        ("how tall is whoever made {thing}", "estimate how tall whoever made {thing} is"),
        ("which microphone was bought for {thing}", "name the microphone that was bought for {thing}"),
        ("how large was the room in which {thing} was made", "measure the room in which {thing} was made"),
        ("is the person in {thing} telling a lie", "find out whether somebody lies in {thing}"),
        ("can you press {thing} on vinyl records for us", "press {thing} on vinyl records for us"),
        ("which bird could learn to sing {thing}", "teach a bird to sing {thing}"),
        ("how far away is the thunder in {thing}", "work out how far away the thunder in {thing} is"),
        ("does {thing} keep my neighbours awake", "predict if {thing} will keep my neighbours awake"),
        ("can {thing} be danced by bees", "write a dance for bees to {thing}"),
        ("which heart disease is there behind {thing}", "diagnose the heart disease behind {thing}"),
        ("what did the weather do outside during {thing}", "tell the weather outside during {thing}"),
    ),
    "video": (
        ("what is the pulse of the person behind {thing}", "take the pulse of the person behind {thing}"),
        ("how many calories were burnt while making {thing}", "count the calories burnt while making {thing}"),
        ("which cinema would show {thing}", "book a cinema that would show {thing}"),
        ("can you write the music to {thing} for an organ", "compose an organ piece to go with {thing}"),
        ("what did it cost to make {thing}", "draw up a bill of what it cost to make {thing}"),
        ("how fast was the wind during {thing}", "measure how fast the wind was during {thing}"),
        ("can {thing} be turned into a flip book by post", "send me a flip book of {thing} by post"),
        ("which lens was screwed on for {thing}", "name the lens that was screwed on for {thing}"),
        ("will {thing} go viral next week", "predict how many will watch {thing} next week"),
        ("where on the globe was {thing} made", "put a pin on the globe where {thing} was made"),
    ),
    "text": (
        ('how is "{payload}" embossed in braille', 'emboss "{payload}" in braille'),
        ('what is "{payload}" in Egyptian hieroglyphs', 'carve "{payload}" in Egyptian hieroglyphs'),
        ('can you fax "{payload}" to the town hall', 'fax "{payload}" to the town hall'),
        ('how would one dance "{payload}" as a ballet', 'choreograph "{payload}" as a ballet'),
        ("which trains run to Lisbon tomorrow before eight", "book me a train to Lisbon tomorrow before eight"),
        ("what will the lottery numbers be on Saturday", "give me the lottery numbers of next Saturday"),
        ("how much is my house worth after the new roof", "value my house after the new roof"),
        ("will it rain on our street party", "warn me an hour before it rains on our street party"),
        ("can you water the plants while I am away", "water the plants while I am away"),
        ("which wine goes with my aunt's fish pie", "order a wine that goes with my aunt's fish pie"),
        ("what is the price of copper right now", "buy some copper at the price of right now"),
    ),
}
"""By modality: sensible or playful wishes that nothing in the embedded catalogue satisfies."""

STYLES: dict[str, tuple[str, str]] = {
    "plain question": ("{Q}?", "Quick question: {q}?"),
    "polite request": ("Could you please {o}? Thank you.", "Would you be so kind as to {o}? Many thanks in advance."),
    "short order": ("{O}.", "{O}, at once."),
    "note to a colleague": ("Hi, before lunch: {o}, please.", "Morning! When you find a minute, {o}. Cheers."),
    "curious visitor": ("I wonder, {q}?", "Just out of curiosity: {q}?"),
    "tired clerk": ("Last one for today. {O}.", "I have been at this since dawn, so {o} and we can go home."),
    "child": ("Look what I found! {Q}?", "Mum says you are clever. {Q}?"),
    "formal letter": ("Dear Sir or Madam, kindly {o}.", "To whom it may concern: we herewith ask you to {o}."),
    "phone message": ("Call me back when you can and {o}.", "It is me again, I am in a hurry. {O}. Bye!"),
    "teacher to pupil": ("Now tell the class: {q}?", "Here is your exercise for this lesson: {o}."),
    "shop assistant": ("A customer asks: {q}?", "The lady at the counter would like you to {o}."),
    "traveller": ("I am on the road and need to know: {q}?", "From the night train, with little battery: {o}."),
}
"""Style -> patterns, no two of which share their words."""

THINGS: dict[str, tuple[str, ...]] = {
    "image": (
        "this picture",
        "the attached picture",
        "this image",
        "the attached image",
        "this file",
        "the attachment",
    ),
    "audio": (
        "this recording",
        "the attached recording",
        "this sound file",
        "this audio",
        "this tape",
        "the attachment",
    ),
    "video": ("this video", "the attached video", "this clip", "the attached clip", "this footage", "the attachment"),
}
PURPOSES = (
    *("for the yearbook", "for our archive", "for a friend", "for the village newsletter", "for my notes"),
    *("for the exhibition", "for the meeting tomorrow", "for my grandfather", "for the museum", "for class"),
    *("for our website", "for a talk", "for the insurance", "for a birthday present", "for the choir"),
)
SUBJECTS = (
    *("a robot in a garden", "a dancer on a stage", "a bronze statue in a park", "a knight in a castle yard"),
    *("a puppet on a shelf", "a sailor on a pier", "a gardener among roses", "a skater on a frozen lake"),
    *("a baker at an oven", "a violinist in a hall", "a diver in clear water", "a wizard in a library"),
    *("a clockwork toy", "a mermaid on a rock", "a farmer in a field", "a conductor and an orchestra"),
)
ASKED_BACK: dict[str, tuple[str, ...]] = {
    "image": (
        "Which picture do you mean? None is attached.",
        "Could you attach the picture? I do not see one.",
        "There is no picture here; which one is it about?",
    ),
    "audio": (
        "Which recording do you mean? None is attached.",
        "Could you attach the recording? I do not hear one.",
        "There is no recording here; which one is it about?",
    ),
    "video": (
        "Which video do you mean? None is attached.",
        "Could you attach the video? I do not see one.",
        "There is no video here; which one is it about?",
    ),
    "text": (
        "Which text do you mean? None is given.",
        "Could you give me the text? I do not see one.",
        "There is no text here; which one is it about?",
    ),
}
VAGUE = "Do something nice with it and surprise me."
