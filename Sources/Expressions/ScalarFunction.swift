/// A scalar function, operator or cast that an `Evaluator` runs, one case for each way of computing it.
///
/// Cases are named after what lies in the slots: all integers, dates and timestamps are Int64 there, so one `intLess` serves them
/// all; `bytes…` serves text, bytea and uuid. The binder never names a case: it asks the catalog. All are strict (a NULL argument
/// gives NULL) except those named so.
public enum ScalarFunction: UInt16, BitwiseCopyable, Hashable, Sendable, CaseIterable {
    // MARK: Same bytes, another type
    /// A cast that changes no bits.
    case relabel
    /// An explicit COLLATE.
    case collate

    // MARK: Not strict
    case greatest, least, nullIf

    // MARK: JSON documents; a NULL argument is `null` in them
    case jsonBuildObject, jsonBuildArray, jsonbBuildObject, jsonbBuildArray
    // MARK: JSON of one value, strict
    case toJSON, toJSONB

    // MARK: Integer arithmetic, checked against the range of the result type
    case int2Add, int4Add, int8Add
    case int2Subtract, int4Subtract, int8Subtract
    case int2Multiply, int4Multiply, int8Multiply
    case int2Divide, int4Divide, int8Divide
    case intModulo
    case int2Negate, int4Negate, int8Negate
    case int2Abs, int4Abs, int8Abs

    // MARK: Float arithmetic
    case float4Add, float4Subtract, float4Multiply, float4Divide
    case float8Add, float8Subtract, float8Multiply, float8Divide
    case floatNegate, floatAbs, floatFloor, floatCeiling, floatRound, floatTruncate, floatSign

    // MARK: Numeric arithmetic
    case numericAdd, numericSubtract, numericMultiply, numericDivide, numericModulo
    case numericNegate, numericAbs, numericFloor, numericCeiling, numericSign
    case numericRound, numericRoundTo, numericTruncate, numericTruncateTo

    // MARK: Comparison
    case intEqual, intNotEqual, intLess, intLessOrEqual, intGreater, intGreaterOrEqual
    case floatEqual, floatNotEqual, floatLess, floatLessOrEqual, floatGreater, floatGreaterOrEqual
    case numericEqual, numericNotEqual, numericLess, numericLessOrEqual, numericGreater, numericGreaterOrEqual
    case bytesEqual, bytesNotEqual, bytesLess, bytesLessOrEqual, bytesGreater, bytesGreaterOrEqual
    /// `character(n)`: trailing blanks do not count.
    case blankPaddedEqual, blankPaddedNotEqual

    // MARK: Text and bytea
    case bytesConcatenate
    case textLike, textNotLike, byteaLike, byteaNotLike
    case textLikeEscape, byteaLikeEscape
    case textLower, textUpper, asciiLower, asciiUpper
    case textLength, blankPaddedLength, byteCount
    case textSubstringFrom, textSubstringFromFor, byteaSubstringFrom, byteaSubstringFromFor
    case trimBlanks, trimLeadingBlanks, trimTrailingBlanks
    case trimCharacters, trimLeadingCharacters, trimTrailingCharacters
    case trimBytes, trimLeadingBytes, trimTrailingBytes
    case textPosition, byteaPosition, textStartsWith
    case textLeft, textRight, textReverse, textReplace

    // MARK: Dates and timestamps (time zone UTC)
    case dateAddDays, daysAddDate, dateSubtractDays, dateSubtractDate
    case timestampTruncate
    case extractFromDate, extractFromTimestamp, extractFromTimestamptz
    case partOfTimestamp, partOfTimestamptz
    case dateIsFinite, timestampIsFinite

    // MARK: Casts
    case intToInt2, intToInt4
    case intToFloat4, intToFloat8, intToNumeric, intToBool
    case floatToInt2, floatToInt4, floatToInt8, floatToFloat4, float4ToNumeric, float8ToNumeric
    case numericToInt2, numericToInt4, numericToInt8, numericToFloat4, numericToFloat8
    case dateToTimestamp, timestampToDate
    /// As `dateToTimestamp`, but a date beyond the range of timestamps is later than all of them instead of an error.
    case dateToTimestampForComparison
    case textToBool, textToInt2, textToInt4, textToInt8, textToFloat4, textToFloat8, textToNumeric
    case textToBytea, textToUUID, textToDate, textToTimestamp, textToTimestamptz
    case boolToText, intToText, float4ToText, float8ToText, numericToText, byteaToText, uuidToText
    case dateToText, timestampToText, timestamptzToText

    // MARK: Type modifiers; the second argument is the modifier
    case numericApplyTypmod
    /// Cuts to n characters.
    case varcharCut
    /// Cuts trailing blanks only; anything else that is too long is an error.
    case varcharCheck
    case timestampApplyTypmod

    /// Whether a NULL argument always gives NULL.
    public var isStrict: Bool {
        switch self {
        case .greatest, .least, .nullIf, .jsonBuildObject, .jsonBuildArray, .jsonbBuildObject, .jsonbBuildArray: false
        default: true
        }
    }
}
