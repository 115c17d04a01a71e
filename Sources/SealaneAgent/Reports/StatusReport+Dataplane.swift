import SealaneAEAD
import SealaneControl
import SealaneDataplane

extension StatusReport.LaneStatus {
    package init(port: UInt16, _ counters: LaneCounters) {
        self.init(
            port: port, superPacketsRead: counters.superPacketsRead, messagesSent: counters.messagesSent,
            datagramsSent: counters.datagramsSent, messagesReceived: counters.messagesReceived,
            datagramsReceived: counters.datagramsReceived, writes: counters.writes,
            packetsWritten: counters.packetsWritten, sleeps: counters.sleeps)
    }
}

extension StatusReport.OffloadStatus {
    /// - Parameter losses: of every lane.
    package init(_ state: OffloadState, losses: [OffloadLoss]) {
        let loss = losses.first { $0.offload == state.offload }
        self.init(
            name: state.offload.rawValue, setting: state.setting.rawValue, on: state.isOn && loss == nil,
            reason: state.reasonOff ?? loss.map { "in use until refused: \($0.error)" })
    }
}

extension StatusReport.CryptoStatus {
    init(_ choice: AEADProvider.Choice) {
        self.init(provider: "\(choice.provider)", reason: choice.reason)
    }
}
