import pytest

from simulators.faults import Faults, Mischief

REPLY = bytes(range(60))


def test_none_means_untouched():
    mischief = Mischief(Faults())
    assert [piece.data for piece in mischief.mangle(REPLY)] == [REPLY]
    assert not mischief.counts


def test_the_same_seed_strikes_the_same_way():
    def run(seed):
        mischief = Mischief(
            Faults(seed=seed, lost=0.2, damaged=0.2, noisy=0.2, short=0.2, twice=0.1, late=0.1)
        )
        return [mischief.mangle(REPLY) for _ in range(200)], mischief.counts

    assert run(5) == run(5)
    assert run(5)[0] != run(6)[0]
    assert {"lost", "damaged", "noisy", "short", "twice", "late"} <= set(run(5)[1])


def test_damage_turns_exactly_one_bit():
    piece = Mischief(Faults(damaged=1)).mangle(REPLY)[0]
    assert sum((a ^ b).bit_count() for a, b in zip(piece.data, REPLY, strict=True)) == 1


def test_frozen_is_silent_until_thawed():
    mischief = Mischief(Faults())
    mischief.frozen = True
    assert mischief.mangle(REPLY) == []
    mischief.frozen = False
    assert mischief.mangle(REPLY)


def test_cut_and_split():
    assert Mischief(Faults(cut=1)).mangle(REPLY)[0].cut
    assert b"".join(piece.data for piece in Mischief(Faults(split=True)).mangle(REPLY)) == REPLY


def test_parse():
    assert Faults.parse("lost=0.1, echo,seed=7") == Faults(lost=0.1, echo=True, seed=7)
    assert Faults.parse("") == Faults()
    for wrong in ("loss=0.1", "lost=2", "lost=x", "lost=-1"):
        with pytest.raises(ValueError, match=r"lo|fault"):
            Faults.parse(wrong)
