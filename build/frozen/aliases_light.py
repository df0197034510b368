"""The names of the codecs inside, for `encodings.aliases`; the standard list names hundreds more: 50 KB at every start."""

aliases = {
    "646": "ascii",
    "8859": "latin_1",
    "cp367": "ascii",
    "cp65001": "utf_8",
    "cp819": "latin_1",
    "ibm819": "latin_1",
    "iso8859": "latin_1",
    "iso8859_1": "latin_1",
    "iso_8859_1": "latin_1",
    "iso_ir_100": "latin_1",
    "l1": "latin_1",
    "latin": "latin_1",
    "latin1": "latin_1",
    "u8": "utf_8",
    "us": "ascii",
    "us_ascii": "ascii",
    "utf": "utf_8",
    "utf8": "utf_8",
    "utf8_ucs2": "utf_8",
    "utf8_ucs4": "utf_8",
}
