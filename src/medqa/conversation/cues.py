"""What people say when they go on talking: pronouns, ellipses, corrections, going back, turning away."""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


PRONOUN = _any(
    r"\b(?:(?:this|that|the|these|those) (?:same )?(?:medicines?|medications?|drugs?|pills?|tablets?|meds?|"
    r"condition|disease|illness|treatment|patch|patches|pump)|that one|this one|those ones|these ones|it|them|"
    r"they|mine|"
    r"this|that|these|those)\b"
)
EMPTY_IT = _any(
    r"\b(?:is|was) (?:it|that|this) (?:(?:ok|okay|safe|true|normal|bad|possible|dangerous|better|good|fine|alright|"
    r"all right|necessary|important|common|too late|legal|worth|wrong|a good idea|the same)\b)",
    r"\b(?:does|will|would) it (?:matter|be)\b",
    r"\bwhat (?:time|day) is it\b",
    r"\b(?:that|it) (?:means?|meant) a lot\b",
    r"\bthats? (?:great|good|helpful|nice|fine|all|it|ok|okay)\b",
    r"\bmake it (?:to|through|home)\b",
    r"\b(?:when|if|whenever|once|because|cos|as) it(?:'?s| is| gets?| hurts| really| feels)\b",
)
""" "It" that stands for nothing: "is it safe to ...", "does it matter if ..."."""
PEOPLE = _any(
    r"\bthey(?:'re|'ve|'ll|'d)?\b(?=\s+(?:\w+ )?(?:want|give|gave|offer(?:ed)?|may|might|put|ask|asked|said|say|told|"
    r"tell|check|do|did|inject|start|started|sell|sold|cover|allow|let|recommend|use|took|take|taking|prescribed?|"
    r"think|thought|keep|test|operate|call|charge|"
    r"mean|are saying|look|let|have to|decide|change|changed|stopped)\b)"
)
"""Doctors and nurses, not medicines."""
NO_SUBJECT_THAT = _any(
    r"^(?:that|this|these|those) (?:week|month|morning|year|time|day|night|evening|weekend|summer|winter|is why|way|"
    r"much|many|sort|kind|i|you|we|he|she|my|your|a|an|the|causes?|are|have|had|makes?|can|could|would|will|help|helps|"
    r"means?|work|works)\b"
)
"""A relative clause or a time, not a thing."""
ELLIPSIS = _any(
    r"^\W*(?:(?:ok|okay|thanks|right|great|cool|hmm+)[\s,.!]+)?(?:and|or|but|also|plus|then|ok(?:ay)?,? (?:and|"
    r"but)|so|what about|how about|what if|same|y|y si|que tal)\b"
)
LEADING = re.compile(
    r"^\W*(?:(?:and|or|but|also|plus|then|so|ok|okay|right|cool|great|thanks|thank you|thx|hmm+|ah|oh|well|yes|yeah|"
    r"no)\b[\s,.!]*)+",
    re.IGNORECASE,
)
WHAT_ABOUT = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay|then|or)[\s,]+)*(?:(?:what|how) about\s+|what if (?:it'?s|its)\s+)?", re.IGNORECASE
)
ONLY_NAME = re.compile(
    r"^\W*(?:then|instead|though|tho|too|as well|the|my|old|plain|just|a|some|is|are|it|its|it's|be|be ok|ok|out|in|"
    r"same|thing|question|for|that|or|not|\W)*$",
    re.IGNORECASE,
)
"""What may stand beside a name that is asked about alone: "and the ibuprofen then?"."""
CORRECTION = _any(
    r"^\W*(?:no|nope|sorry|oops|wait|actually|ah|oh|hang on|hmm)?[\s,.!]*(?:no|sorry|wait|actually)?[\s,.!]*(?:i )?"
    r"(?:meant|mean|should have said)\b",
    r"^\W*(?:sorry|oops|no|wait|actually)?[\s,.!]*(?:wrong (?:name|one|drug|medicine|tablet|word)|not that|typo)\b",
    r"^\W*(?:no|nope|sorry|oops|actually|wait)[\s,.!]+(?:not \w+|its|it's|it is|the)\b",
)
BACK_TO = _any(r"\b(?:back to|go(?:ing)? back to|about|regarding|re)\b")
FIRST_ONE = _any(
    r"\b(?:the )?(?:first|1st|former)(?: one| ones| medicine| drug| tablet)?\b(?! (?:week|time|day|visit|thing))"
)
SECOND_ONE = _any(r"\b(?:the )?(?:second|2nd|latter|last)(?: one| medicine| drug| tablet)\b|\bthe latter\b")
OTHER_ONE = _any(r"\bthe other(?: one| ones| medicine| drug| tablet| pill| kind| sort| type)?\b")
WHICH_OF = _any(
    r"\b(?:which|what)(?:'?s| is| one(?:'?s| is)?| of (?:them|those|these|the two)(?: is)?)? (?:the |a |any )?"
    r"(?:better|worse|best|worst|safer|safest|stronger|weaker|more|less|least|most|cheaper|quicker|faster|controlled|"
    r"harder|easier|gentler|longer)\b(?! \w+ (?:for|to|with))",
    r"\bwhich (?:one|of (?:them|those|these|the two))\b",
    r"\bwhich is an? \w+",
    r"\b(?:both|either|neither) of (?:them|those|these)\b",
    r"\bdifference between (?:them|the two|those)\b",
)
TURN_AWAY = _any(
    r"\b(?:another|different|new|other|unrelated|separate) (?:question|topic|subject|thing)\b",
    r"\b(?:changing|change) (?:the )?(?:subject|topic)\b",
    r"\bforget (?:that|it|about)\b",
    r"\bsomething else\b",
    r"\botra pregunta\b",
    r"\bon (?:another|a different) (?:note|subject|matter)\b",
)
THANKS = re.compile(
    r"^\W*(?:(?:ok|okay|great|oh|aw|right|cool|alright|perfect|lovely|brilliant|hi|hello|hey|bye|yes|no|sure|gracias|"
    r"thanks?(?: you| u| so much| a lot| very much| again)?|thank you|thx|ta|cheers|got it|makes sense|"
    r"good to know|will "
    r"do|understood|phew|that (?:means a lot|helps|is helpful|makes sense)|thats (?:great|good|helpful)|lol|haha|i see|"
    r"much appreciated|very helpful|so much|a lot|for (?:that|this|the help|your help))\W*)+(?:you|u|all|mate|doc|"
    r"there)?\W*$",
    re.IGNORECASE,
)
THANKING = _any(r"\b(?:thanks|thank you|thx|ty|cheers|ta|gracias|will (?:ask|ring|call|do))\b")
BESIDE = re.compile(
    r"^\W*(?:(?:and|or|but|so)\W+)?(?:is |are )?(?:together |ok |okay |safe )?(?:with|plus|while on|on top of|next to|"
    r"alongside)\b",
    re.IGNORECASE,
)
ALSO_TAKEN = _any(
    r"(?<!can )(?<!should )(?<!do )(?<!may )(?<!could )(?<!if )\b(?:i|he|she|we|my \w+)(?:'m|m|'s|s| am| is| are)? "
    r"(?:also |already |still )?(?:take|takes|taking|on)\b",
    r"\b(?:also|already) (?:on|take|takes|taking)\b",
    r"\b(?:as well|also|together|at the same time|on top|alongside|same time|combined?|along with)\b",
    r"\btoo\b(?! (?:much|many|high|old|late|long|soon|little|strong|bad|young|often|early|far))",
)
"""The medicine named is a second one, beside that which was spoken of."""
COMPARED = _any(
    r"\b(?:better|safer|stronger|weaker|worse|gentler|instead|rather|same|different|difference|alternative|compared?|"
    r"swap|switch|replace)\b"
)
CERTAINLY_CONDITION = _any(
    r"\b(?:go|goes|going|went|come|comes|came) (?:away|back)\b",
    r"\b(?:take|takes|long) (?:for (?:it|this|that) )?to (?:go|settle|heal|clear|calm|get better)\b",
    r"\b(?:it|this|that|they) (?:settles?|heals?|clears?|calms?|(?:gets?|goes) (?:better|away))\b",
    r"\b(?:cur(?:e|ed|able)|contagious|catch|catching|hereditary|genetic|run in families|permanent)\b",
)
INTRODUCES = _any(
    r"\b(?:my|i have|i've got|ive got)\b.{0,40}\b(?:sore|hurts?|hurting|pains?|aches?|aching|swollen|rash|numb|"
    r"stiff)\b.*"
    r"\b(?:it|that|this|them|those)\b"
)
"""The message says itself what its pronoun stands for."""
INTRODUCED = re.compile(
    r"\bmy (?!doctor|dr\b|gp\b|nurse|mum|mom|dad|wife|husband|son|daughter|sister|brother|friend|partner|boss|kid|"
    r"child)"
    r"((?:\w+ ){0,3}\w+?) (?:is|are|hurts?|aches?|keeps?|feels?)\b",
    re.IGNORECASE,
)
DOING = re.compile(r"\b(?:help|speed|ease|treat|fix|cure|for|with|make|stop|cause)s?\W+$", re.IGNORECASE)
OFF_TOPIC = _any(
    r"\b(?:weather|near me|round here|around here|support groups?|mattress|robot|real (?:doctor|person|human)|"
    r"human being|"
    r"(?:i'?m|i am|i feel) .{0,30}\bmyself|who made you|your name|are you (?:a|an|real|human))\b"
)
HELPING = _any(
    r"\b(?:helps?|works?|any good|good for|option|will .{0,20} do|tablets do|ok|okay|alright|safe|allowed|enough|"
    r"worth it|"
    r"a good idea|can (?:i|he|she|they|my \w+) (?:have|take|use)|should (?:i|he|she) (?:take|try|use))\b"
)
"""A medicine or treatment is asked about for what the conversation is about."""
FOR_ANOTHER = _any(
    r"\bfor (?!it\b|that\b|this\b|me\b|him\b|her\b|us\b|them\b|(?:my|his|her) \w+\W*$)\w+",
    r"\b(?:on|in|during|with) \w+",
)
"""The message says itself what for, or with what."""
DEFINES = _any(
    r"^\W*(?:and |ok |so )?(?:what|whats|what's|what is|what are|how is|how are|how do (?:i|you|they) (?:know|tell)|"
    r"signs?|symptoms?)\b"
)
PLURAL = _any(r"^(?:they|them|these|those|both)\b")
OF_CONDITION = _any(
    r"\bmakes? (?:it|them|this|that) (?:any )?(?:worse|better)\b",
    r"\b(?:it|this|that|they) (?:worse|better)\b",
    r"\b(?:serious|spread|"
    r"diagnos\w*|scan|mri|x ?-?ray|test(?:s|ed)?|symptoms?|signs?|surgery|operation|op|vaccine|exercise|stretch\w*|"
    r"splint|brace|insoles?|record|diary|sleep|shoes|physio|shots?|injections?|jabs?|"
    r"cortisone|steroids?|massage|acupuncture)\b",
    r"\b(?:causes?|caused|brings? on|triggers?|set(?:s|ting)? off|flares?|attack)\b",
    r"\b(?:help|helps|helping|do for|do (?:any|some)thing for|good for|treat|ease|stop) (?:with )?(?:it|that|this|"
    r"them)\b",
    r"\b(?:which|what) (?:\w+ )?(?:meds|medicines?|medications?|tablets?|pills?|drugs|painkillers?)\b",
)
OF_MEDICINE = _any(
    r"\b(?:tak(?:e|es|ing|en)|took|dos(?:e|es|age)|tablets?|pills?|capsules?|crush\w*|swallow|side ?-?effects?|"
    r"addict\w*|"
    r"stop(?:s|ping|ped)?|miss(?:ed|ing)?|overdos\w*|alcohol|drink\w*|beer|wine|driv(?:e|ing)|kick in|food|mg|"
    r"expire\w*|"
    r"withdrawal|weight|prescri\w*|refill|generic|fridge|store|storage|script|habit|hooked|depend\w*|wean|taper)\b"
)
