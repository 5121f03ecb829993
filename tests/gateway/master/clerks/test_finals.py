from contextlib import closing
from datetime import UTC, datetime, timedelta

from gateway.master.clerks.desk import Desk
from gateway.master.clerks.finals import is_final
from gateway.master.clerks.orders import make_final
from gateway.master.stores import store_of

START = datetime(2026, 4, 30, 16, tzinfo=UTC)


def test_a_final_month_holds_its_days_and_not_the_next(tmp_path):
    with closing(store_of(f"sqlite:///{tmp_path}/m.db")) as store:
        store.connect()
        after, day = START + timedelta(days=31), timedelta(days=1)
        make_final(Desk(store, "li", "ops", after), START, after)
        assert is_final(store, START, after)
        assert is_final(store, after - day, after)
        assert not is_final(store, after, after + day)
        assert not is_final(store, START - day, START + day)
