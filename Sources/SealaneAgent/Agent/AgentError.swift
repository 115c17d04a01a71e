import SealaneConfiguration
import SealaneLinux

package enum AgentError: Error, Sendable, Hashable, CustomStringConvertible {
    case missingNetAdmin
    /// Another host of the link has an address that is to be listened on: where the configuration names it, and that.
    case addressDuplicate(ConfigurationProblem)
    /// The configuration insists on an offload that cannot be had.
    case offloadUnavailable(Offload, why: String)

    package var description: String {
        switch self {
        case .missingNetAdmin:
            "sealaned needs CAP_NET_ADMIN for its network device: start it as root, or give it that capability"
        case .addressDuplicate(let problem): "\(problem)"
        case .offloadUnavailable(let offload, let why):
            "offload.\(offload.rawValue) is on, and cannot be had here: \(why); auto goes on without it"
        }
    }
}
