"""Notices whose words are written by staff, one for each kind of news; and the trial of a campaign."""

from django.utils.translation import gettext_lazy as _

from .channels.kinds import Channel
from .clocks import ZoneOf
from .letters import texts
from .links import at
from .notices import LETTER, Category, Notice, Parameters, notice_of, register
from .previews import READER
from .topics import Topic
from .unsubscribing import link_for

# What is always sent finds its reader by text message too, where there is no mailbox any more.
NEWS_WAYS = (Channel.EMAIL, Channel.SITE)
EVERY_WAY = (Channel.EMAIL, Channel.SMS, Channel.SITE)


def _sample() -> Parameters:
    return {"heading": "The garden gate is open again", "text": "Come in.\n\nBring boots.", "page": "/people/"}


def _with_link(parameters: Parameters) -> Parameters:
    page = parameters.get("page")
    return {**parameters, "link": at(page) if page else ""}


def _written(slug: str, category: Category, topic: Topic | None = None) -> Notice:
    label = topic.label if topic else _("Words of the staff (%(category)s)") % {"category": category.label}
    return register(
        Notice(
            slug=f"written-{slug}",
            category=category,
            topic=topic,
            title=label,
            sample=_sample,
            context=_with_link,
            channels=NEWS_WAYS if topic else EVERY_WAY,
            for_many=True,
            is_written=True,
            texts_in="written",
        )
    )


NEWS = {topic: _written(topic.value, Category.of(topic), topic) for topic in Topic}
WORDS = {
    category: _written(category.value, category)
    for category in (Category.SERVICE, Category.SECURITY, Category.INCIDENT, Category.LEGAL)
}


def _tried(parameters: Parameters) -> Parameters:
    """Return the texts of the notice that is tried, as its recipient would have them."""
    notice = notice_of(parameters["slug"])
    filling = {name: value for name, value in parameters.items() if name != "slug"}
    way_out = link_for(0, notice.topic) if notice.topic else ""
    subject, text, html = texts(notice, LETTER, ZoneOf(READER), filling, way_out).values()
    return {"subject": subject, "text": text, "html": html}


# Whoever asks for it gets it, whatever they have declined: it is no news to them.
TRIAL = register(
    Notice(
        slug="trial",
        category=Category.SERVICE,
        title=_("A campaign on trial"),
        sample=lambda: {"slug": NEWS[Topic.NEWS].slug, **_sample()},
        context=_tried,
        bound=True,
    )
)
