"""All names of classes and ids that the reader knows, by what they mark.

Names of the site itself are known of the generations 1 and 2 (``docs/site.md``). The rest are names that themes of
WordPress, its plugins, Bitrix and adverts' scripts give to their parts.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

#: The second generation's date.
BREADCRUMB_TIME = "full-breadcrumb__time"
_TEXT_CLASSES = frozenset(["article_text", "full-article__text"])

_AUTHOR_BOX = (
    r"(?:about-?)?author-?(?:area|box|bio|info|card|description|avatar|block|about|profile|section)|signature-author|abh-box"
    r"|saboxplugin-wrap|bio-box|m-a-box|ts-fab\S*"
)
#: A post of a social network: until its script runs, or as a server has filled it in.
_POST = (
    r"tgme\w*|(?:vk|ok|fb|telegram|tg|twitter|x|youtube|rutube)-(?:embed|post|widget)"
    r"|twitter-tweet|instagram-media|tiktok-embed"
)
#: Words of a name, the parts between hyphens, underscores and capitals, that mark what is no part of an article.
_CLUTTER = re.compile(
    r"(?:^|[\s_\-])(?:news-aggregator|sm-list|ad|ads|adv|advert|adverts|advertisement|affiliate|adsbygoogle|adfox|yandex-(?:rtb|direct)"
    r"|banner|banners|reklama|promo|sponsored|partners?|share|sharing|sharedaddy|social|socials|addtoany|ya-share2?"
    r"|comments?|respond|disqus|related|relatedposts?|jp-relatedposts|yarpp|crp|recommend\w*|read-?(?:also|more|next)"
    r"|see-?also|more-?(?:news|posts)|similar|latest-posts|recent-posts|popular|trending-posts|wp-embedded-content"
    r"|is-type-wp-embed|wp-block-embed|wp-block-query|wp-block-post-template|lyte-\w+|jwplayer|plyr|video-js|\w*incut|inset|inject|spravka|fact-?box|info-?box|newsletter|subscri(?:be(?!r)|ption)\w*|mailchimp|mc4wp\S*|telegram-(?:box|banner|subscribe)|toc|toc-container"
    r"|ez-toc\w*|lwptoc\w*|call-?to-?action|cta|(?:order|ask)-block|ai-summary|kg-signup\w*|signup\w*|callout-emoji|wpd-\w+|donat\w*|podcast\w*|player|listen|tts|rank-math-toc|table-of-contents|kk-star-ratings|quiz|informers?|gismeteo|powerpress-links|post-?ratings?|rating|review-box|paywall-?(?:offer|notice|note|message|box)|rmp-\w+|shared-counts|booster-block"
    rf"|{_AUTHOR_BOX}|{_POST}"
    r"|post-nav\w*|nav-links|prev-?next|next-?prev|breadcrumbs?|pagination|pager|page-links|polls?|opros\w*|golosovan\w*|votes?|voting|cookie\w*|(?<!post-)popup|modal"
    r"|twitter-video|print-?(?:link|button|only)|visible-print(?:-\w+)?|d-print-block|caption|wp-caption-text|gallery-caption)(?=$|[\s_\-\d])"
    r"|(?<![\w\-])(?:widget(?!-(?:title|quote|text|body|content))(?:-\w+)?|sidebar(?:-(?:right|left))?|(?:right|left)-sidebar)(?=$|\s)",
    re.IGNORECASE,
)
_EMBED = re.compile(rf"(?:^|[\s_\-])(?:{_POST})(?=$|[\s_\-\d])", re.IGNORECASE)
_CAPITALS = re.compile("(?<=[a-z])(?=[A-Z])")
#: Names that say of an element that it has a part or lacks it, ``no-caption``; it is not that part itself.
_HAVING = re.compile(r"(?:^|(?<=\s))(?:no|without|with|has)-[\w-]+", re.IGNORECASE)
_LEDE = re.compile(
    r"(?:^|[\s_\-])(?:lede?|lead|lid|intro(?:-?text)?|excerpt|standfirst|sub-?title|sub-?headline|summary|anons|preview(?:-?text)?|teaser-text"
    r"|home-?text|deck|dek|kicker-text|description|overview|announce\w*|has-(?:large|medium|larger|x-large)-font-size)(?=$|[\s_\-\d])",
    re.IGNORECASE,
)
_TEXT = re.compile(r"(?:^|[\s_\-])(?:text|body|content|story)(?=$|[\s_\-\d])", re.IGNORECASE)
_TOPICS = re.compile(r"tags?-?links|taxonomy|(?:post|entry|article)[_-]{1,2}tags?(?=$|[\s_-])", re.IGNORECASE)
_COUNT_OF_OTHERS = re.compile(
    r"comment|chat|respond|clap|answer|discuss|disqus|like|heart|thumb|vote|rating|share|repost|bookmark|favou?rite|reply|replies|коммент"
    r"|нравится|лайк|ұнайды|пікір",
    re.IGNORECASE,
)
_VIEWS = re.compile(
    r"view|eye|просмотр|қарал|prosmotr|show[_-]?counter|(?<![a-z])look(?![a-z])|hits|reads?\b", re.IGNORECASE
)
_AUTHOR = re.compile(
    r"(?<!photo[_-])(?<!image[_-])(?<!license[_-])author|username|created-?by|byline|journalist|reporter|avtor|vcard|(?:^|[\s_-])(?:fa|icon|bi|ti|glyphicon)-(?:user|person|pencil|pen)(?=$|[\s_-])|(?<![a-z])sign(?:ature)?(?![a-z])",
    re.IGNORECASE,
)
_AUTHOR_BOX_NAMES = re.compile(rf"(?:^|[\s_\-])(?:{_AUTHOR_BOX})(?=$|[\s_\-\d])", re.IGNORECASE)
_CREDIT = re.compile(
    r"credit|copyright|photograph|(?:^|[\s_\-])(?:source|author|agency|rights)s?(?=$|[\s_\-])", re.IGNORECASE
)
_MODIFIED = re.compile(r"updat|modif|edited|izmen|obnov", re.IGNORECASE)
_PUBLISHED = re.compile(r"publi[sc]|entry-date", re.IGNORECASE)
_HEADER = re.compile(r"(?:^|[\s_\-])(?:head(?:er|ing)?|hero|jumbotron)(?=$|[\s_\-\d])", re.IGNORECASE)
_PAGE_TOP = re.compile(
    r"(?:^|[\s_\-])(?:top-?(?:bar|line|date|menu)|masthead|site-header|toolbar|(?<!article-)(?<!entry-)(?<!post-)(?<!news-)header-(?:top|bar|date|info|template)"
    r"|today|cur(?:rent)?-?date|date-?(?:now|today))(?=$|[\s_\-\d])",
    re.IGNORECASE,
)
_COLUMNS = re.compile(
    r"(?:^|[\s_\-])(?:columns?|cols?|row|grid|media-text|wp-block-group)(?=$|[\s_\-\d])", re.IGNORECASE
)
_CRUMBS = re.compile(r"(?:^|[\s_\-])(?:bread-?)?crumbs?", re.IGNORECASE)
_RECORDING = re.compile(
    r"(?:^|[\s_\-])(?:audio|duration|listen|player|playback|plyr|podcast|readspeaker|recording|tts)(?=$|[\s_\-\d])",
    re.IGNORECASE,
)
_PORTRAIT = re.compile(r"avatar|userpic|gravatar|author|emoji|smiley", re.IGNORECASE)
_ICON_FONT = re.compile(r"(?:^|\s)(?:material-(?:icons|symbols)|mat-icon)(?=$|[\s_\-])")
_SCREEN_READERS = re.compile(
    r"(?:^|\s)(?:[a-z]+-)?(?:screen-reader-text|sr-only|visually-hidden|visuallyhidden)(?=$|\s)"
)
#: Where the site keeps the pictures of its articles in the second generation, and programs such as WordPress.
UPLOADS = re.compile(
    r"static\.caravan\.kz/image/|/(?:uploads?|userfiles|media|storage|content/images|sites/[^/]+/files|images/\d{4})/",
    re.IGNORECASE,
)


def holds_text(classes: str) -> bool:
    """Whether an element of these classes holds the text in the first or second generation."""
    return "article_" in classes and not _TEXT_CLASSES.isdisjoint(classes.split())


def _in_hyphens(names: str) -> str:
    """Return names with hyphens between their words: ``relatedNews``, ``related_news``."""
    return _CAPITALS.sub("-", names).replace("_", "-")


@lru_cache(maxsize=4096)
def is_clutter(tag: str, names: str) -> bool:
    """Whether an element of these names is a box around an article, or one in its text that is none of it."""
    if tag == "body":  # some themes name it for its columns
        return False
    return _CLUTTER.search(_HAVING.sub("", _in_hyphens(names))) is not None


def _named(pattern: re.Pattern[str], *, in_hyphens: bool = False) -> Callable[[str], bool]:
    """Return a function that says whether names match; the same stand on every page, so each is judged once."""

    @lru_cache(maxsize=1024)
    def is_named(names: str) -> bool:
        return pattern.search(_in_hyphens(names) if in_hyphens else names) is not None

    return is_named


# Each says whether an element of these names is or holds this.

#: A post of a social network.
is_embed = _named(_EMBED, in_hyphens=True)
#: Parts of a text next to each other.
is_of_columns = _named(_COLUMNS)
is_crumbs = _named(_CRUMBS)
#: A picture of an author, or an emoji.
is_portrait = _named(_PORTRAIT)
is_lede = _named(_LEDE, in_hyphens=True)
#: The part over a text: its headline and lines.
is_header = _named(_HEADER)
#: The bar over a page, with the day of the visit.
is_page_top = _named(_PAGE_TOP, in_hyphens=True)
#: The topics of one article.
is_list_of_topics = _named(_TOPICS)
#: A drawing; the text of its element is the drawing's name.
is_icon_font = _named(_ICON_FONT)
#: A text that is not shown.
is_for_screen_readers = _named(_SCREEN_READERS)
#: A box about the author.
is_author_box = _named(_AUTHOR_BOX_NAMES, in_hyphens=True)
is_author = _named(_AUTHOR)
is_photographer = _named(re.compile(r"photograph|(?:photo|image)[_-]author", re.IGNORECASE))
#: In a caption or as one: whose picture it is.
is_credit = _named(_CREDIT, in_hyphens=True)
#: A line that names the source of a text.
is_source = _named(re.compile(r"(?:^|[\s_\-])source(?=$|[\s_\-])", re.IGNORECASE), in_hyphens=True)
#: A ``time`` at which the article was published.
is_published = _named(_PUBLISHED)


def is_of_text(names: str) -> bool:
    """Whether an element of these names holds a text, and not only its lede."""
    return _TEXT.search(_in_hyphens(names)) is not None and not is_lede(names)


def is_modified(names: str) -> bool:
    """Whether a ``time`` of these names says when the article was changed."""
    # WordPress names a date of publication "entry-date published updated" while nothing was changed.
    return "dateModified" in names or (_MODIFIED.search(names) is not None and not is_published(names))


def is_of_recording(names: str) -> bool:
    """Whether a time of day in elements of these names, a line each, is of a player; one named for a date is not."""
    for line in map(_in_hyphens, names.splitlines()):
        if "date" in line:
            return False
        if _RECORDING.search(line):
            return True
    return False


@lru_cache(maxsize=1024)
def counted(names: str) -> Literal["views", "others"] | None:
    """Return what a number in elements of these names, a line each, counts; "others" are comments, likes or shares.

    The innermost element whose names say so decides: a count of comments may be in ``view-share``.
    """
    for line in names.splitlines():
        if _VIEWS.search(line):
            return "views"
        if _COUNT_OF_OTHERS.search(line):
            return "others"
    return None
