import Synchronization

/// What the last comparison of a view with the source found.
public struct ViewVerification: Codable, Hashable, Sendable {
    public var view: String
    /// The version of the view that was compared.
    public var version: String
    /// Where it was compared, `pg_lsn` text.
    public var lsn: String
    /// The part of the rows that was compared, at most 1.
    public var share: Double
    public var differenceCount: Int
    /// What is wrong with the index beside the rows, if anything.
    public var indexFault: String?

    /// Whether the view was found equal.
    public var isProven: Bool { differenceCount == 0 && indexFault == nil }

    public init(view: String, version: String, lsn: String, share: Double, differenceCount: Int) {
        self.view = view
        self.version = version
        self.lsn = lsn
        self.share = share
        self.differenceCount = differenceCount
    }
}

extension Status.View {
    /// Shows what the last comparison found, if it was of this version of the view.
    public mutating func show(_ verification: ViewVerification?, version: String) {
        guard let verification, verification.version == version else { return }
        guard !verification.isProven else {
            verifiedThrough = verification.lsn
            verifiedShare = verification.share < 1 ? verification.share : nil
            return
        }
        if let fault = verification.indexFault {
            warning = Status.Failure(code: "differs", message: fault, hint: "leftfold rebuild \(name)")
            return
        }
        let rows = verification.differenceCount == 1 ? "1 row differs" : "\(verification.differenceCount) rows differ"
        warning = Status.Failure(
            code: "differs",
            message: "\(rows) from the source's answer at LSN \(verification.lsn)",
            hint: "see them: leftfold verify \(name); mend them: leftfold verify --repair \(name)"
        )
    }
}

extension StatusBoard {
    /// The last comparison of each view.
    public var verifications: [String: ViewVerification] { state.withLock { $0.verifications } }

    /// Takes note of comparisons.
    public func note(_ verifications: [ViewVerification]) {
        state.withLock { state in
            for one in verifications { state.verifications[one.view] = one }
        }
    }

    /// What was compared is not there any more.
    func forgetVerifications(of views: [String]) {
        let forget = state.withLock { state in
            for view in views { state.verifications[view] = nil }
            return state.forget
        }
        forget(views)
    }

    /// Calls `forget`, on any thread, with the names of views whose rows have been replaced since they were compared.
    public func whenReplaced(_ forget: @escaping @Sendable ([String]) -> Void) {
        state.withLock { $0.forget = forget }
    }

    /// Whether views are compared in the background, and how that goes.
    public var schedule: Status.Schedule? { state.withLock { $0.schedule } }

    /// Shows how comparing in the background goes.
    public func show(_ schedule: Status.Schedule) { state.withLock { $0.schedule = schedule } }
}
