import Dispatch
import Glibc

/// A signal that asks this process to end or to reload.
package enum ProcessSignal: Sendable {
    case hangup
    case interrupt
    case terminate

    private var number: Int32 {
        switch self {
        case .hangup: SIGHUP
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        }
    }

    /// The signals that arrive from here on. As long as the stream exists, they do not end the process.
    package static func stream(of signals: Set<ProcessSignal>) async -> AsyncStream<ProcessSignal> {
        let (stream, continuation) = AsyncStream<ProcessSignal>.makeStream()
        let queue = DispatchQueue(label: "sealane-signals")
        let sources = signals.compactMap { signal in
            let source = DispatchSource.makeSignalSource(signal: signal.number, queue: queue)
            source.setEventHandler { continuation.yield(signal) }
            // The class is Sendable, its protocol is not.
            return source as? DispatchSource
        }
        for source in sources {
            await withCheckedContinuation { registration in
                source.setRegistrationHandler { registration.resume() }
                source.resume()
            }
        }
        continuation.onTermination = { _ in
            for source in sources { source.cancel() }
        }
        return stream
    }
}
