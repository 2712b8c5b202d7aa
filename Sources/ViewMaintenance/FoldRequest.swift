import EventLog
import Relational
import Synchronization

/// What others ask of the fold's thread; served between epochs, in order.
enum FoldRequest: Sendable {
    /// Make the running views those of the views folder, or build some again.
    case reconcile(Reconciliation)
    case shadowReady(ShadowResult)
    /// The views of the folder are there, or could not be built, after a start with others.
    case folderApplied(Result<ApplyReport, MaintenanceError>)
    case hold(LSN?, Reply<HoldReport>)
    /// Answers whether the hold was still in force.
    case release(UInt64, @Sendable (Bool) -> Void)
    /// Make the stores' progress durable, as far as the fold is.
    case noteProgress(Reply<ProgressNote>)
    /// Give up the rebuild that is not finished; answers which one that was.
    case cancelRebuild(Reply<UnfinishedRebuild?>)
    case stop

    typealias Reply<Value: Sendable> = @Sendable (Result<Value, MaintenanceError>) -> Void

    /// One run of `apply` or `rebuild`.
    struct Reconciliation: Sendable {
        enum Scope: Sendable, Equatable {
            case folder(ApplyRequest)
            case rebuild(RebuildRequest)
            /// The running views as they are; these are built because their store is back.
            case attach(Set<String>)

            /// Whether views that are not named stay as they are.
            var isPart: Bool {
                if case .folder = self { false } else { true }
            }
        }

        var scope: Scope
        /// Views that have changed places with their kept versions for it.
        var exchanged: [String] = []
        var reply: Reply<ApplyReport>
    }

    /// What a shadow's thread hands back.
    enum ShadowResult: Sendable {
        case ready(Handover<ShadowBuild>)
        case failed(MaintenanceError)
    }

    var isStop: Bool {
        if case .stop = self { true } else { false }
    }

    /// Answers a request that is not served.
    func refuse(_ error: MaintenanceError) {
        switch self {
        case .reconcile(let reconciliation): reconciliation.reply(.failure(error))
        case .hold(_, let reply): reply(.failure(error))
        case .release(_, let reply): reply(false)
        case .noteProgress(let reply): reply(.failure(error))
        case .cancelRebuild(let reply): reply(.failure(error))
        case .shadowReady, .folderApplied, .stop: break
        }
    }
}

/// How far stores have durably come.
struct ProgressNote: Sendable {
    /// One for each store that could be asked.
    var cursors: [LogCursor]
    /// The names that the cursors of all stores of this installation have.
    var names: Set<String>
}

/// Carries a value to the thread that owns it from then on.
struct Handover<Value>: @unchecked Sendable {
    // Sendable: the giver keeps no reference; the value has one owner at a time.
    let value: Value

    init(_ value: Value) { self.value = value }
}

/// The requests that wait for the fold's thread. Bounded by what a few commands can send. Every request is answered.
final class FoldMailbox: Sendable {
    private struct State {
        var requests: [FoldRequest] = []
        var refusal: MaintenanceError?
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// `wake` ends the fold's wait for the log.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    func post(_ request: FoldRequest) {
        let refusal = state.withLock { state in
            if state.refusal == nil { state.requests.append(request) }
            return state.refusal
        }
        if let refusal { request.refuse(refusal) } else { wake() }
    }

    func takeAll() -> [FoldRequest] {
        state.withLock { state in
            let taken = state.requests
            state.requests = []
            return taken
        }
    }

    /// Nobody serves requests any more: the waiting ones and all later ones are answered with `error`.
    func close(_ error: MaintenanceError) {
        let waiting = state.withLock { state in
            state.refusal = error
            let waiting = state.requests
            state.requests = []
            return waiting
        }
        for request in waiting { request.refuse(error) }
    }
}
