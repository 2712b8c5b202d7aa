internal import Foundation
import Hummingbird
import NIOCore
import ViewMaintenance

/// How the control surface answers: JSON with snake_case keys, plain text, or an error as JSON.
enum ControlAnswer {
    static func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(.ok, "application/json", try encoder.encode(value))
    }

    static func text(
        _ text: String,
        _ status: HTTPResponse.Status,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        response(status, type, Data(text.utf8))
    }

    static func failure(
        _ code: String,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil,
        _ status: HTTPResponse.Status
    ) -> Response {
        let body = ControlFailure(error: .init(code: code, message: message, detail: detail, hint: hint))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(status, "application/json", (try? encoder.encode(body)) ?? Data())
    }

    /// Any error as an answer; what no module of ours worded says what it is and nothing more.
    static func failure(_ error: any Error) -> Response {
        switch error {
        case let error as MaintenanceError:
            failure(error.code.name, error.message, detail: error.detail, hint: error.hint, status(of: error.code))
        case let error as HTTPError:
            failure(
                error.status == .notFound ? "not_found" : "usage",
                error.body ?? error.status.reasonPhrase.lowercased(),
                error.status
            )
        default: failure("internal", "\(error)", hint: "see the daemon's messages", .internalServerError)
        }
    }

    private static func status(of code: MaintenanceError.Code) -> HTTPResponse.Status {
        switch code {
        case .unknownName: .notFound
        case .timeout: .requestTimeout
        case .stopping: .serviceUnavailable
        default: .conflict
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: Data) -> Response {
        Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}

/// Answers with JSON where a route throws or no route fits.
struct ControlErrors: RouterMiddleware {
    typealias Context = BasicRequestContext

    @concurrent
    func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return ControlAnswer.failure(error)
        }
    }
}
