import EventLog

extension Retention {
    /// `compact`, `keep`, a time or a size above zero.
    init?(parsing text: String) {
        if text == "compact" {
            self = .compact
        } else if text == "keep" {
            self = .keep
        } else if let time = parseDuration(text), time > .zero {
            self = .time(microseconds: time.wholeMicroseconds)
        } else if let bytes = parseByteCount(text), bytes > 0 {
            self = .size(byteCount: Int64(bytes))
        } else {
            return nil
        }
    }

    /// As `leftfold.yaml` has it.
    var text: String {
        switch self {
        case .compact: "compact"
        case .keep: "keep"
        case .time(let microseconds): durationText(microseconds: microseconds)
        case .size(let byteCount): byteCountText(byteCount)
        }
    }
}
