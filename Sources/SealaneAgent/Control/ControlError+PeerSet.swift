import SealaneControl
import SealaneFleet

extension ControlError {
    init(_ error: PeerSetError) {
        let code: Code =
            switch error {
            case .conflict, .unreachable, .configured: .conflict
            case .unknown: .notFound
            case .key: .badRequest
            case .keyTimedOut, .file, .fileTimedOut: .internal
            }
        self.init(code, "\(error)")
    }
}
