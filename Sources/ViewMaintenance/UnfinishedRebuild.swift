/// A rebuild that was asked for, and how far it has come: what a process that is stopped leaves to the next one.
public struct UnfinishedRebuild: Codable, Sendable, Hashable {
    /// Why it was asked for.
    public enum Reason: String, Codable, Sendable {
        case rebuild
        /// The rows that are there are brought right by a difference.
        case repair
        /// Their files were put back to the version before.
        case rollback
    }

    /// The views as they were asked for; all when empty.
    public var asked: [String]
    /// What that came to, sorted.
    public var views: [String]
    /// Those of them whose new rows are in place.
    public var done: [String]
    public var reason: Reason
    /// How much of the log is read in a second; nil for as fast as it goes.
    public var bytesPerSecond: Int?
    /// When it was asked for, UTC, ISO 8601.
    public var since: String

    public init(asked: [String], views: [String], reason: Reason, bytesPerSecond: Int? = nil, since: String) {
        self.asked = asked
        self.views = views.sorted()
        done = []
        self.reason = reason
        self.bytesPerSecond = bytesPerSecond
        self.since = since
    }

    /// The views whose new rows are not in place yet.
    public var left: [String] { views.filter { !done.contains($0) } }

    /// Whether a request asks for the same again, at whatever speed.
    public func isAsked(by request: RebuildRequest) -> Bool {
        Set(asked) == Set(request.views) && reason == Reason(request)
    }

    /// What a request comes to while this one is unfinished: the same again takes up what is left; another one takes that along. A speed
    /// that the request does not name stays.
    func takenUp(by request: RebuildRequest) -> RebuildRequest {
        var rest = request
        rest.bytesPerSecond = request.bytesPerSecond ?? bytesPerSecond
        if isAsked(by: request) {
            rest.views = left
        } else {
            rest.isRepair = request.isRepair && reason == .repair
            if !request.views.isEmpty { rest.views = Set(request.views + left).sorted() }
        }
        return rest
    }

    /// What is written down when `request` comes to `views` and begins.
    func next(_ request: RebuildRequest, views: [String], at now: String) -> Self {
        var note = self
        if !isAsked(by: request) { note = Self(request, views: Set(views + left).sorted(), since: now) }
        note.bytesPerSecond = request.bytesPerSecond ?? bytesPerSecond
        return note
    }

    init(_ request: RebuildRequest, views: [String], since: String) {
        self.init(
            asked: request.views,
            views: views,
            reason: Reason(request),
            bytesPerSecond: request.bytesPerSecond,
            since: since
        )
    }
}

extension UnfinishedRebuild.Reason {
    fileprivate init(_ request: RebuildRequest) {
        self = request.isRepair ? .repair : request.isRollback ? .rollback : .rebuild
    }
}
