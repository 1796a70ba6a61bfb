import pytest

from catalogue import registry
from catalogue.declarations import DeclarationError, ExternalStore, PersonalData
from catalogue.registry import FrozenError, Registry

from .declaring import personal


def leaf(*fields, model="catalogue.Leaf"):
    return PersonalData(model=model, subjects=("member",), fields=fields)


@pytest.fixture
def empty():
    with registry.isolated() as empty:
        yield empty


def logs():
    return ExternalStore(name="logs", holds="ids of members", erase=print)


def test_what_is_registered_is_found_in_the_order_of_registration(empty):
    second, first = leaf(model="catalogue.B"), leaf(model="catalogue.A")
    registry.register(second)
    registry.register(first)
    registry.register_store(logs())
    assert registry.personal_data() == (second, first)
    assert registry.personal_data_of("catalogue.A") is registry.personal_data_of("catalogue.a") is first
    assert registry.stores() == (logs(),)


def test_a_model_outside_the_catalogue_is_an_error_not_an_empty_answer(empty):
    for ask in (registry.personal_data_of, registry.masked_fields, registry.settable_fields):
        with pytest.raises(KeyError, match=r"catalogue\.Leaf is not in the catalogue"):
            ask("catalogue.Leaf")


def test_fields_are_picked_by_what_they_declare(empty):
    plain, opened = personal("plain"), personal("opened", masked=False, settable=True, shareable=True)
    other = personal("other", settable=True)
    registry.register(leaf(plain, opened))
    registry.register(leaf(other, model="catalogue.Twig"))
    assert registry.settable_fields() == (opened, other)
    assert registry.settable_fields("catalogue.Leaf") == (opened,)
    assert registry.masked_fields("catalogue.Leaf") == (plain,)
    assert registry.shareable_fields() == (opened,)


def test_nothing_is_declared_twice(empty):
    registry.register(leaf())
    registry.register_store(logs())
    with pytest.raises(DeclarationError, match="declared twice"):
        registry.register(leaf(model="catalogue.leaf"))
    with pytest.raises(DeclarationError, match="declared twice"):
        registry.register_store(logs())


@pytest.mark.parametrize("mark", ["settable", "shareable"])
def test_a_name_that_choices_are_keyed_by_is_declared_by_one_model_only(empty, mark):
    registry.register(leaf(personal("city", **{mark: True}), personal("body")))
    registry.register(leaf(personal("body"), model="catalogue.Twig"))
    with pytest.raises(DeclarationError, match="city"):
        registry.register(leaf(personal("city", settable=True), model="catalogue.Bud"))


def test_a_recall_is_remembered_once_and_stays_callable(empty):
    @registry.register_recall
    def tell(member_id):
        return member_id

    registry.register_recall(tell)
    assert registry.recalls() == (tell,)
    assert tell(3) == 3


def test_a_frozen_registry_takes_nothing_more(empty):
    empty.freeze()
    for late in (
        lambda: registry.register(leaf()),
        lambda: registry.register_store(logs()),
        lambda: registry.register_recall(print),
    ):
        with pytest.raises(FrozenError, match="too late"):
            late()
    assert (registry.personal_data(), registry.stores(), registry.recalls()) == ((), (), ())


def test_the_catalogue_is_frozen_once_the_apps_have_loaded():
    assert registry.current().is_frozen
    with pytest.raises(FrozenError):
        registry.register(leaf())


def test_isolation_ends_with_the_test_even_when_it_fails():
    def fail():
        with registry.isolated(Registry(leaf())):
            assert registry.personal_data() == (leaf(),)
            raise RuntimeError

    before = registry.current()
    with pytest.raises(RuntimeError):
        fail()
    assert registry.current() is before
