/// Which scalar function does the work of a C function of Postgres; what stands in no table here is refused.
enum Implementations {
    /// A function, with a conversion for each argument whose declared type lies differently in its slot.
    struct Implementation {
        var function: ScalarFunction
        var conversions: [ScalarFunction?] = []
        /// Whether the result depends on the collation's order.
        var needsByteOrder = false
    }

    /// Operators and functions, by `prosrc`.
    static let bySource: [String: Implementation] = {
        var table: [String: Implementation] = [:]
        for (source, function) in plain { table[source] = Implementation(function: function) }
        addIntegers(to: &table)
        addComparisons(to: &table)
        return table
    }()

    /// Conversion functions of `pg_cast`, by `prosrc`.
    static let casts: [String: ScalarFunction] = [
        "i2toi4": .relabel, "int28": .relabel, "int48": .relabel, "int84": .intToInt4, "int82": .intToInt2,
        "i4toi2": .intToInt2, "i2tof": .intToFloat4, "i4tof": .intToFloat4, "i8tof": .intToFloat4,
        "i2tod": .intToFloat8, "i4tod": .intToFloat8, "i8tod": .intToFloat8, "ftod": .relabel, "dtof": .floatToFloat4,
        "ftoi2": .floatToInt2, "ftoi4": .floatToInt4, "ftoi8": .floatToInt8, "dtoi2": .floatToInt2,
        "dtoi4": .floatToInt4, "dtoi8": .floatToInt8, "int2_numeric": .intToNumeric, "int4_numeric": .intToNumeric,
        "int8_numeric": .intToNumeric, "float4_numeric": .float4ToNumeric, "float8_numeric": .float8ToNumeric,
        "numeric_int2": .numericToInt2, "numeric_int4": .numericToInt4, "numeric_int8": .numericToInt8,
        "numeric_float4": .numericToFloat4, "numeric_float8": .numericToFloat8, "bool_int4": .relabel,
        "int4_bool": .intToBool, "booltext": .boolToText, "date_timestamp": .dateToTimestamp,
        "date_timestamptz": .dateToTimestamp, "timestamp_date": .timestampToDate, "timestamptz_date": .timestampToDate,
        "timestamp_timestamptz": .relabel, "timestamptz_timestamp": .relabel, "rtrim1": .trimTrailingBlanks,
    ]

    private static let plain: [String: ScalarFunction] = [
        "int2mod": .intModulo, "int4mod": .intModulo, "int8mod": .intModulo,
        "int2um": .int2Negate, "int4um": .int4Negate, "int8um": .int8Negate,
        "int2abs": .int2Abs, "int4abs": .int4Abs, "int8abs": .int8Abs,
        "int2up": .relabel, "int4up": .relabel, "int8up": .relabel, "float4up": .relabel, "float8up": .relabel,
        "numeric_uplus": .relabel,
        "float4pl": .float4Add, "float4mi": .float4Subtract, "float4mul": .float4Multiply, "float4div": .float4Divide,
        "float8pl": .float8Add, "float8mi": .float8Subtract, "float8mul": .float8Multiply, "float8div": .float8Divide,
        "float48pl": .float8Add, "float48mi": .float8Subtract, "float48mul": .float8Multiply,
        "float48div": .float8Divide, "float84pl": .float8Add, "float84mi": .float8Subtract,
        "float84mul": .float8Multiply, "float84div": .float8Divide,
        "float4um": .floatNegate, "float8um": .floatNegate, "float4abs": .floatAbs, "float8abs": .floatAbs,
        "dfloor": .floatFloor, "dceil": .floatCeiling, "dround": .floatRound, "dtrunc": .floatTruncate,
        "dsign": .floatSign,
        "numeric_add": .numericAdd, "numeric_sub": .numericSubtract, "numeric_mul": .numericMultiply,
        "numeric_div": .numericDivide, "numeric_mod": .numericModulo, "numeric_uminus": .numericNegate,
        "numeric_abs": .numericAbs, "numeric_floor": .numericFloor, "numeric_ceil": .numericCeiling,
        "numeric_sign": .numericSign, "numeric_round": .numericRoundTo, "numeric_trunc": .numericTruncateTo,
        "round(numeric)": .numericRound, "trunc(numeric)": .numericTruncate,
        "textcat": .bytesConcatenate, "byteacat": .bytesConcatenate,
        "||(anynonarray,text)": .bytesConcatenate, "||(text,anynonarray)": .bytesConcatenate,
        "textlike": .textLike, "textnlike": .textNotLike, "bytealike": .byteaLike, "byteanlike": .byteaNotLike,
        "like_escape": .textLikeEscape, "like_escape_bytea": .byteaLikeEscape,
        "lower": .textLower, "upper": .textUpper,
        "textlen": .textLength, "bpcharlen": .blankPaddedLength, "textoctetlen": .byteCount,
        "bpcharoctetlen": .byteCount, "byteaoctetlen": .byteCount,
        "text_substr_no_len": .textSubstringFrom, "text_substr": .textSubstringFromFor,
        "bytea_substr_no_len": .byteaSubstringFrom, "bytea_substr": .byteaSubstringFromFor,
        "btrim1": .trimBlanks, "ltrim1": .trimLeadingBlanks, "rtrim1": .trimTrailingBlanks,
        "btrim": .trimCharacters, "ltrim": .trimLeadingCharacters, "rtrim": .trimTrailingCharacters,
        "byteatrim": .trimBytes, "bytealtrim": .trimLeadingBytes, "byteartrim": .trimTrailingBytes,
        "textpos": .textPosition, "byteapos": .byteaPosition, "text_starts_with": .textStartsWith,
        "text_left": .textLeft, "text_right": .textRight, "text_reverse": .textReverse,
        "replace_text": .textReplace,
        "date_pli": .dateAddDays, "date_mii": .dateSubtractDays, "date_mi": .dateSubtractDate,
        "+(int4,date)": .daysAddDate,
        "timestamp_trunc": .timestampTruncate, "timestamptz_trunc": .timestampTruncate,
        "extract_date": .extractFromDate, "extract_timestamp": .extractFromTimestamp,
        "extract_timestamptz": .extractFromTimestamptz,
        "timestamp_part": .partOfTimestamp, "timestamptz_part": .partOfTimestamptz,
        "date_finite": .dateIsFinite, "timestamp_finite": .timestampIsFinite,
        "timestamp_date": .timestampToDate, "timestamptz_date": .timestampToDate,
    ]

    private static func addIntegers(to table: inout [String: Implementation]) {
        let operations: [(String, [ScalarFunction])] = [
            ("pl", [.int2Add, .int4Add, .int8Add]), ("mi", [.int2Subtract, .int4Subtract, .int8Subtract]),
            ("mul", [.int2Multiply, .int4Multiply, .int8Multiply]), ("div", [.int2Divide, .int4Divide, .int8Divide]),
        ]
        for (suffix, functions) in operations {
            for (widths, size) in zip(
                ["2", "4", "8", "24", "42", "28", "82", "48", "84"],
                [0, 1, 2, 1, 1, 2, 2, 2, 2]
            ) {
                table["int" + widths + suffix] = Implementation(function: functions[size])
            }
        }
    }

    private static func addComparisons(to table: inout [String: Implementation]) {
        let suffixes = ["eq", "ne", "lt", "le", "gt", "ge"]
        let ints: [ScalarFunction] = [
            .intEqual, .intNotEqual, .intLess, .intLessOrEqual, .intGreater, .intGreaterOrEqual,
        ]
        let floats: [ScalarFunction] = [
            .floatEqual, .floatNotEqual, .floatLess, .floatLessOrEqual, .floatGreater, .floatGreaterOrEqual,
        ]
        let numerics: [ScalarFunction] = [
            .numericEqual, .numericNotEqual, .numericLess, .numericLessOrEqual, .numericGreater,
            .numericGreaterOrEqual,
        ]
        let bytes: [ScalarFunction] = [
            .bytesEqual, .bytesNotEqual, .bytesLess, .bytesLessOrEqual, .bytesGreater, .bytesGreaterOrEqual,
        ]
        for (index, suffix) in suffixes.enumerated() {
            for prefix in ["int2", "int4", "int8", "int24", "int42", "int28", "int82", "int48", "int84", "bool"] {
                table[prefix + suffix] = Implementation(function: ints[index])
            }
            for prefix in ["float4", "float8", "float48", "float84"] {
                table[prefix + suffix] = Implementation(function: floats[index])
            }
            table["date_" + suffix] = Implementation(function: ints[index])
            table["timestamp_" + suffix] = Implementation(function: ints[index])
            // The time zone is UTC, so both kinds of timestamp are one number line.
            table["timestamp_\(suffix)_timestamptz"] = Implementation(function: ints[index])
            table["timestamptz_\(suffix)_timestamp"] = Implementation(function: ints[index])
            for other in ["timestamp", "timestamptz"] {
                table["date_\(suffix)_\(other)"] = Implementation(
                    function: ints[index],
                    conversions: [.dateToTimestampForComparison, nil]
                )
                table["\(other)_\(suffix)_date"] = Implementation(
                    function: ints[index],
                    conversions: [nil, .dateToTimestampForComparison]
                )
            }
            table["numeric_" + suffix] = Implementation(function: numerics[index])
            table["uuid_" + suffix] = Implementation(function: bytes[index])
            table["bytea" + suffix] = Implementation(function: bytes[index])
            table[(index < 2 ? "text" : "text_") + suffix] = Implementation(
                function: bytes[index],
                needsByteOrder: index >= 2
            )
        }
        table["bpchareq"] = Implementation(function: .blankPaddedEqual)
        table["bpcharne"] = Implementation(function: .blankPaddedNotEqual)
    }
}
