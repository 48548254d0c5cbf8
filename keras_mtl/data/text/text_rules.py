r"""What a token is: written once, read by Python's `re` and by TensorFlow's RE2 alike.

The two engines disagree about `\w`, `\s`, lower-casing and look-around. Nothing here relies
on any of them: characters are mapped one to one by a table, and patterns are built from
explicit ranges and from syntax that means the same to both. The steps, in order:

1. `character_table`: white space and controls to a space, curly quotes to straight ones,
   capitals to small letters.
2. `substitutions`: invisible characters go, entities are resolved, tags become a space.
3. `token_pattern`: what it matches are the tokens, left to right.
"""

from __future__ import annotations

# Raise it with any change that can change a token: stored tokenizers check it.
RULES_VERSION = 1

# Unicode's White_Space, the controls (Cc), and the zero width space.
SPACES = (
    (0x00, 0x20), (0x7F, 0xA0), (0x1680, 0x1680), (0x2000, 0x200B), (0x2028, 0x2029),
    (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
)  # fmt: skip

# Not seen by a reader, yet they make two words of one: soft hyphen, marks of direction, word
# joiners, variation selectors of emoji, byte order mark. The (non-)joiners U+200C and U+200D
# stay: Persian, Indic scripts and emoji mean something by them.
INVISIBLE = (
    (0xAD, 0xAD), (0x61C, 0x61C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064),
    (0x2066, 0x2069), (0xFE0E, 0xFE0F), (0xFEFF, 0xFEFF),
)  # fmt: skip

# Bodies of regular expression classes.
PUNCTUATION = (
    r"!-/:-@\[-`{-~"  # ASCII, symbols such as $ and + included
    "\u00a1-\u00a5\u00a7\u00ab\u00b6\u00bb\u00bf\u20a0-\u20c0"  # Latin marks, currencies
    "\u060c\u061b\u061f\u06d4\u0964\u0965"  # Arabic marks, danda
    "\u2010-\u2027\u2030-\u205e"  # general punctuation
    "\u3001-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30fb"  # CJK, katakana middle dot
    "\ufe10-\ufe19\ufe30-\ufe6b"  # vertical and small forms
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"  # fullwidth and halfwidth
)
# Han only, as in BERT: kana words and Hangul words stay whole.
IDEOGRAPHS = (
    "\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0002fa1f\U00030000-\U000323af"
)
EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff"
JOINER = "\u200d"

# An invisible character is first mapped to NUL, which no mapped text holds otherwise, so the
# table stays one to one and one literal substitution removes them all.
_NUL = 0
_ALWAYS = (("\\x00", ""),)
# Tags come after `&lt;` so that escaped tags go too; `&amp;` comes first so that what was
# escaped twice is resolved as well. Other entities are rare: a space.
MARKUP = (
    (r"&(?:amp|#38);", "&"),
    (r"&(?:lt|#60);", "<"),
    (r"&(?:gt|#62);", ">"),
    (r"&(?:apos|[lr]squo|#0?39|#[xX]27|#821[67]);", "'"),
    (r"&(?:quot|[lr]dquo|#34|#822[01]);", '"'),
    (r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});", " "),
    (r"<(?:/?[A-Za-z]|!--)[^<>]*>", " "),
)

# Capitals and their small letters, Unicode 14, frozen so that every version of Python reads
# the same: `first-last/step:+distance`, hexadecimal. Two letters are decided here, for want
# of a small letter of one character: dotted I becomes i, and final sigma becomes sigma,
# since a table sees no word ends.
_LOWER = """
    41-5a:+20 c0-d6:+20 d8-de:+20 100-12e/2:+1 132-136/2:+1 139-147/2:+1 14a-176/2:+1 178:-79
    179-17d/2:+1 181:+d2 182-184/2:+1 186:+ce 187:+1 189-18a:+cd 18b:+1 18e:+4f 18f:+ca 190:+cb
    191:+1 193:+cd 194:+cf 196:+d3 197:+d1 198:+1 19c:+d3 19d:+d5 19f:+d6 1a0-1a4/2:+1 1a6:+da
    1a7:+1 1a9:+da 1ac:+1 1ae:+da 1af:+1 1b1-1b2:+d9 1b3-1b5/2:+1 1b7:+db 1b8:+1 1bc:+1 1c4:+2
    1c5:+1 1c7:+2 1c8:+1 1ca:+2 1cb-1db/2:+1 1de-1ee/2:+1 1f1:+2 1f2-1f4/2:+1 1f6:-61 1f7:-38
    1f8-21e/2:+1 220:-82 222-232/2:+1 23a:+2a2b 23b:+1 23d:-a3 23e:+2a28 241:+1 243:-c3 244:+45
    245:+47 246-24e/2:+1 370-372/2:+1 376:+1 37f:+74 386:+26 388-38a:+25 38c:+40 38e-38f:+3f
    391-3a1:+20 3a3-3ab:+20 3cf:+8 3d8-3ee/2:+1 3f4:-3c 3f7:+1 3f9:-7 3fa:+1 3fd-3ff:-82
    400-40f:+50 410-42f:+20 460-480/2:+1 48a-4be/2:+1 4c0:+f 4c1-4cd/2:+1 4d0-52e/2:+1
    531-556:+30 10a0-10c5:+1c60 10c7:+1c60 10cd:+1c60 13a0-13ef:+97d0 13f0-13f5:+8
    1c90-1cba:-bc0 1cbd-1cbf:-bc0 1e00-1e94/2:+1 1e9e:-1dbf 1ea0-1efe/2:+1 1f08-1f0f:-8
    1f18-1f1d:-8 1f28-1f2f:-8 1f38-1f3f:-8 1f48-1f4d:-8 1f59-1f5f/2:-8 1f68-1f6f:-8 1f88-1f8f:-8
    1f98-1f9f:-8 1fa8-1faf:-8 1fb8-1fb9:-8 1fba-1fbb:-4a 1fbc:-9 1fc8-1fcb:-56 1fcc:-9
    1fd8-1fd9:-8 1fda-1fdb:-64 1fe8-1fe9:-8 1fea-1feb:-70 1fec:-7 1ff8-1ff9:-80 1ffa-1ffb:-7e
    1ffc:-9 2126:-1d5d 212a:-20bf 212b:-2046 2132:+1c 2160-216f:+10 2183:+1 24b6-24cf:+1a
    2c00-2c2f:+30 2c60:+1 2c62:-29f7 2c63:-ee6 2c64:-29e7 2c67-2c6b/2:+1 2c6d:-2a1c 2c6e:-29fd
    2c6f:-2a1f 2c70:-2a1e 2c72:+1 2c75:+1 2c7e-2c7f:-2a3f 2c80-2ce2/2:+1 2ceb-2ced/2:+1 2cf2:+1
    a640-a66c/2:+1 a680-a69a/2:+1 a722-a72e/2:+1 a732-a76e/2:+1 a779-a77b/2:+1 a77d:-8a04
    a77e-a786/2:+1 a78b:+1 a78d:-a528 a790-a792/2:+1 a796-a7a8/2:+1 a7aa:-a544 a7ab:-a54f
    a7ac:-a54b a7ad:-a541 a7ae:-a544 a7b0:-a512 a7b1:-a52a a7b2:-a515 a7b3:+3a0 a7b4-a7c2/2:+1
    a7c4:-30 a7c5:-a543 a7c6:-8a38 a7c7-a7c9/2:+1 a7d0:+1 a7d6-a7d8/2:+1 a7f5:+1 ff21-ff3a:+20
    10400-10427:+28 104b0-104d3:+28 10570-1057a:+27 1057c-1058a:+27 1058c-10592:+27
    10594-10595:+27 10c80-10cb2:+40 118a0-118bf:+20 16e40-16e5f:+20 1e900-1e921:+22
    130:-c7 3c2:+1
"""


def character_table(lowercase: bool) -> list[int]:
    """The character that each character becomes.

    Returns:
        Code points, indexed by code point; whatever lies beyond the end stays as it is.
    """
    changes = lower_case() if lowercase else {}
    changes.update({code: ord(" ") for code in _codes(SPACES)})
    changes.update({code: _NUL for code in _codes(INVISIBLE)})
    changes.update({0x2018: ord("'"), 0x2019: ord("'"), 0x201C: ord('"'), 0x201D: ord('"')})
    # Half a surrogate pair is not a character and has no UTF-8: the replacement character.
    changes.update({code: 0xFFFD for code in range(0xD800, 0xE000)})
    table = list(range(max(changes) + 1))
    for code, target in changes.items():
        table[code] = target
    return table


def substitutions(markup: str) -> tuple[tuple[str, str], ...]:
    """`(pattern, replacement)` pairs, to be applied in order to the mapped text."""
    return _ALWAYS + MARKUP if markup == "remove" else _ALWAYS


def token_pattern(punctuation: str, characters: bool) -> str:
    """The pattern that matches one token; what lies between two matches is dropped.

    A word runs up to a space, to a punctuation character unless `punctuation` is `"keep"`,
    and to an ideograph or emoji if `characters`. An apostrophe with words on both sides
    belongs to the word; a hyphen does not.
    """
    single = IDEOGRAPHS + EMOJI if characters else ""
    word = f"[^ {single}{'' if punctuation == 'keep' else PUNCTUATION}]+"
    choices = [word if punctuation == "keep" else f"{word}(?:'{word})*"]
    if characters:
        choices.append(f"[{single}]{JOINER}?")
    if punctuation == "separate":
        choices.append(f"[{PUNCTUATION}]")
    return "|".join(choices)


def lower_case() -> dict[int, int]:
    """Each capital's small letter, code point to code point, and nothing else."""
    pairs: dict[int, int] = {}
    for entry in _LOWER.split():
        span, distance = entry.split(":")
        span, _, step = span.partition("/")
        first, _, last = span.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1, int(step or 1)):
            pairs[code] = code + int(distance, 16)
    return pairs


def _codes(spans: tuple[tuple[int, int], ...]) -> list[int]:
    return [code for first, last in spans for code in range(first, last + 1)]
