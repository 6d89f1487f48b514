"""Invented names: companies in two spellings, the people who look after them, inquiry texts."""

import numpy as np

from features.simulator.plan import Integers

_AREAS = (("", ""), ("東日本", "Higashi-Nihon "), ("西日本", "Nishi-Nihon "), ("第一", "Daiichi "))
_TAILS = (("", ""), ("ホールディングス", " Holdings"), ("ネクスト", " Next"))
_CORES = (
    ("御影", "Mikage"),
    ("朝凪", "Asanagi"),
    ("翠川", "Midorikawa"),
    ("里山", "Satoyama"),
    ("北極星", "Hokkyokusei"),
    ("常盤野", "Tokiwano"),
    ("青嶺", "Aomine"),
    ("緑風", "Ryokufu"),
    ("夕映", "Yubae"),
    ("明星台", "Myojodai"),
    ("榛名山", "Harunayama"),
    ("潮見", "Shiomi"),
    ("氷見崎", "Himisaki"),
    ("紅葉谷", "Momijidani"),
    ("水城", "Mizuki"),
    ("羽衣", "Hagoromo"),
    ("桐沢", "Kirisawa"),
    ("風早", "Kazahaya"),
    ("初霜", "Hatsushimo"),
    ("山吹", "Yamabuki"),
    ("赤城野", "Akagino"),
    ("宵待", "Yoimachi"),
    ("海鳴", "Uminari"),
    ("白妙", "Shirotae"),
    ("若草台", "Wakakusadai"),
    ("星見ヶ丘", "Hoshimigaoka"),
    ("千歳川", "Chitosegawa"),
    ("月夜野", "Tsukiyono"),
    ("浅葱", "Asagi"),
    ("葵坂", "Aoizaka"),
    ("瑞穂原", "Mizuhohara"),
    ("鳴滝", "Narutaki"),
    ("霧島台", "Kirishimadai"),
    ("花菱", "Hanabishi"),
    ("清瀬川", "Kiyosegawa"),
    ("銀杏", "Icho"),
    ("雪代", "Yukishiro"),
    ("春日野", "Kasugano"),
    ("暁", "Akatsuki"),
    ("碧海", "Hekikai"),
    ("杉並木", "Suginamiki"),
    ("三日月", "Mikazuki"),
    ("五十鈴", "Isuzugawa"),
    ("鶴見原", "Tsurumihara"),
    ("藤ノ木", "Fujinoki"),
    ("楓林", "Furin"),
    ("蒼井", "Aoi"),
    ("深山", "Miyama"),
    ("高砂野", "Takasagono"),
    ("渚", "Nagisa"),
    ("梓川", "Azusagawa"),
    ("鏡野", "Kagamino"),
    ("竹取", "Taketori"),
    ("七瀬", "Nanase"),
    ("双葉山", "Futabayama"),
    ("千早", "Chihaya"),
    ("雲雀丘", "Hibarigaoka"),
    ("椿原", "Tsubakihara"),
    ("石楠花", "Shakunage"),
    ("錦町", "Nishikicho"),
    ("若狭浦", "Wakasaura"),
    ("狭霧", "Sagiri"),
    ("天城野", "Amagino"),
    ("白樺", "Shirakaba"),
    ("早蕨", "Sawarabi"),
    ("琥珀", "Kohaku"),
    ("波多野原", "Hatanohara"),
    ("日向坂", "Hinatazaka"),
    ("久遠", "Kuon"),
    ("玉川台", "Tamagawadai"),
    ("野分", "Nowaki"),
    ("穂高野", "Hotakano"),
    ("真鶴浜", "Manazuruhama"),
    ("八雲", "Yakumo"),
    ("綾瀬川", "Ayasegawa"),
    ("有明台", "Ariakedai"),
    ("伊吹野", "Ibukino"),
    ("岩清水", "Iwashimizu"),
    ("薄墨", "Usuzumi"),
    ("大鳥居", "Otorii"),
    ("音羽", "Otowa"),
    ("神楽", "Kagura"),
    ("唐松", "Karamatsu"),
    ("桔梗", "Kikyo"),
    ("小夜", "Sayo"),
    ("桜庭", "Sakuraba"),
    ("東雲", "Shinonome"),
    ("篠原野", "Shinoharano"),
    ("菖蒲", "Ayame"),
    ("鈴懸", "Suzukake"),
    ("蝉時雨", "Semishigure"),
    ("空知野", "Sorachino"),
    ("玉響", "Tamayura"),
    ("茅野原", "Chinohara"),
)
INDUSTRIES: dict[str, tuple[tuple[str, str], ...]] = {
    "saas": (("システムズ", "Systems"), ("ソフト", "Software"), ("クラウド", "Cloud")),
    "manufacturing": (("製作所", "Manufacturing"), ("工業", "Industries"), ("精機", "Precision")),
    "retail": (("商店", "Shoten"), ("ストア", "Stores"), ("百貨", "Department Stores")),
    "finance": (("信用サービス", "Credit Services"), ("リース", "Leasing"), ("保険", "Insurance")),
    "education": (("学院", "Academy"), ("教育社", "Education"), ("ゼミナール", "Seminars")),
    "logistics": (("物流", "Logistics"), ("運輸", "Transport"), ("倉庫", "Warehouse")),
    "healthcare": (("メディカル", "Medical"), ("薬品", "Pharma"), ("ケア", "Care")),
    "staffing": (("人材", "Staffing"), ("キャリア", "Careers"), ("ワークス", "Works")),
    "advertising": (("広告社", "Advertising"), ("企画", "Planning"), ("メディア", "Media")),
    "real_estate": (("不動産", "Real Estate"), ("地所", "Estates"), ("ホーム", "Homes")),
}
"""Industry code → what companies of that trade call themselves, in Japanese and English."""

OWNERS = (
    "相沢 直",
    "小野寺 拓",
    "三浦 千尋",
    "黒田 健",
    "村瀬 結衣",
    "中西 悠",
    "星野 航",
    "大和田 翔",
    "林 あかり",
    "工藤 凛",
    "江口 遼",
    "長谷部 真央",
)
"""Customer-success people; invented."""

INQUIRIES: dict[str, tuple[str, ...]] = {
    "how_to": (
        "レポートの集計期間を変える方法を教えてください。",
        "メンバーの権限を変更したいのですが、手順がわかりません。",
        "通知の設定方法を教えてください。",
    ),
    "bug": (
        "画面が真っ白になり、操作できなくなりました。",
        "昨日からエクスポートが途中で止まります。",
        "集計の数字が先週と合いません。",
    ),
    "billing": (
        "請求金額の内訳を教えてください。",
        "席数を減らした場合の料金を知りたいです。",
        "支払期日を延ばすことはできますか。",
    ),
    "integration": (
        "外部ツールとの連携でエラーが出ます。",
        "APIキーの発行手順を教えてください。",
    ),
    "account": ("退職者のアカウントを削除したいです。", "管理者の変更をお願いします。"),
}
"""Ticket category → what is asked; invented."""


def company_names(industries: Integers, order: Integers) -> tuple[list[str], list[str]]:
    """Return Japanese and English names, no two alike.

    Parameters
    ----------
    industries : ndarray of int, shape (n,)
        Index into ``INDUSTRIES``.
    order : ndarray of int, shape (n,)
        A permutation of 0 … n − 1; neighbours in it get unlike names.
    """
    kinds = list(INDUSTRIES.values())
    japanese, english = [], []
    seen: dict[int, int] = {}
    for rank in np.argsort(order, kind="stable"):
        industry = int(industries[rank])
        turn = seen[industry] = seen.get(industry, -1) + 1
        ja, en = _name(turn, kinds[industry])
        japanese.append((rank, ja))
        english.append((rank, en))
    return [n for _, n in sorted(japanese)], [n for _, n in sorted(english)]


def _name(turn: int, kinds: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Return the ``turn``-th name of an industry: plain and decorated ones take turns.

    Once every combination is given, a number is added.
    """
    plain = len(_CORES) * len(kinds) * 2
    decorations = len(_AREAS) * len(_TAILS) - 1
    if turn % 2 == 0 and turn // 2 < plain:
        return _spell(turn // 2, 0, 0, kinds)
    later = turn - min((turn + 1) // 2, plain)
    # A prime that divides none of the counts visits every combination before it repeats one.
    mixed = later * 7919 % (plain * decorations)
    return _spell(mixed % plain, 1 + mixed // plain, later // (plain * decorations), kinds)


def _spell(
    index: int, decoration: int, number: int, kinds: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    """Write one name in Japanese and English."""
    pairs = len(_CORES) * len(kinds)
    core = _CORES[index % len(_CORES)]
    kind = kinds[index // len(_CORES) % len(kinds)]
    area, tail = _AREAS[decoration % len(_AREAS)], _TAILS[decoration // len(_AREAS)]
    in_front = (index % pairs + index // pairs) % 2 == 0
    body = f"{area[0]}{core[0]}{kind[0]}{tail[0]}" + (f"第{number + 1}" if number else "")
    spoken = f"{area[1]}{core[1]} {kind[1]}{tail[1]}" + (f" No. {number + 1}" if number else "")
    written = f"株式会社{body}" if in_front else f"{body}株式会社"
    return written, f"{spoken} {'K.K.' if in_front else 'Co., Ltd.'}"
