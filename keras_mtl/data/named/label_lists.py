"""The label names of the datasets that are known by name, in class order."""

from __future__ import annotations

IMDB_LABELS = ("neg", "pos")
# In class order: the position of a topic is its class number in keras.datasets.reuters.
REUTERS_LABELS = tuple(
    """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves
    ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin
    strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem
    dlr gas silver wpi hog lead
    """.split()
)
# Places with a government, places, organisations, people: named, or by a common noun.
WEIBO_LABELS = (
    "O",
    *(
        f"{prefix}-{kind}.{form}"
        for kind in ("GPE", "LOC", "ORG", "PER")
        for form in ("NAM", "NOM")
        for prefix in "BI"
    ),
)
# The ten of its own table, then the queries that belong to none.
CLINC_DOMAINS = tuple(
    """
    banking credit_cards kitchen_and_dining home auto_and_commute travel utility work small_talk
    meta oos
    """.split()
)
SENTIMENTS = ("negative", "positive")
# As its authors order them, by the names of its files.
FDU_DOMAINS = tuple(
    """
    books electronics dvd kitchen_housewares apparel camera_photo health_personal_care music
    toys_games video baby magazines software sports_outdoors imdb MR
    """.split()
)
# The position of an emotion is its class number in either set.
EMOTIONS = ("sadness", "joy", "love", "anger", "fear", "surprise")
GOEMOTIONS_LABELS = tuple(
    """
    admiration amusement anger annoyance approval caring confusion curiosity desire disappointment
    disapproval disgust embarrassment excitement fear gratitude grief joy love nervousness optimism
    pride realization relief remorse sadness surprise neutral
    """.split()
)
# In the order of the class numbers of GLUE.
COLA_LABELS = ("unacceptable", "acceptable")
MRPC_LABELS = ("not_equivalent", "equivalent")
RTE_LABELS = ("entailment", "not_entailment")
# Two are misspelt in the set itself.
LANGUAGES = tuple(
    """
    Arabic Danish Dutch English French German Greek Hindi Italian Kannada Malayalam Portugeese
    Russian Spanish Sweedish Tamil Turkish
    """.split()
)
SHOP_CATEGORIES = tuple("书籍 平板 手机 水果 洗发水 热水器 蒙牛 衣服 计算机 酒店".split())
