"""What tables may call things (config.aliases)."""

from config.aliases import aliases, names_of


def test_names_lead_to_fields_in_any_case():
    assert names_of("meters")["资产编号"] == "asset_no"
    assert names_of("meters")["ct变比"] == "ct"
    assert names_of("meters")["asset_no"] == "asset_no"


def test_values_have_their_own_names():
    assert set(aliases()["values"]["status"]) == {"in service", "suspended", "removed"}
