import Logging
import SealaneAEAD
import SealaneEligibility
import SealaneFleet
import SealaneLinux
import SealanePacket

/// What one configuration file says, complete and free of contradictions. `ConfigurationDecoder` makes it.
package struct Configuration: Sendable, Equatable {
    /// This host's end of the tunnel.
    package struct Agent: Sendable, Equatable {
        /// The TUN device's name.
        package var interface: String
        /// The underlay endpoint of lane 0. Its address is one host's, never a wildcard.
        package var listen: Endpoint
        /// The interface of a link-local `listen`; nil for all others.
        package var listenZone: String?
        /// This host's overlay addresses, each with the length of the network around it.
        package var addresses: [IPPrefix]
        /// Nil: the key is in no file, and is another with every start.
        package var privateKeyFile: String?
        /// Whether a key file that is not there is made.
        package var generatesKeys: Bool
        package var stateDirectory: String
        package var controlSocket: String
        /// The TUN device's MTU in bytes; nil: derived from the egress interface.
        package var mtu: Int?
    }

    package struct Session: Sendable, Equatable {
        /// A session older than this is replaced.
        package var rekeyAfter: Duration
    }

    package struct Lanes: Sendable, Equatable {
        /// Nil: as many as this host's processors suggest.
        package var count: UInt8?
        /// The processors that lanes are bound to, counted from 0; empty: to none.
        package var processors: [Int]
        /// Whether a lane that has nothing to do looks again for a while before it sleeps.
        package var spins: Bool
    }

    /// Whose certificates count, and which one this host presents.
    package struct Identity: Sendable, Equatable {
        /// A certificate and the key that it is for.
        package struct Own: Sendable, Equatable {
            package var certificateFile: String
            package var keyFile: String
        }

        /// The fleet's authorities, in PEM.
        package var trustFile: String
        /// Nil: this host presents no certificate.
        package var own: Own?
        /// Nil: no certificate is revoked.
        package var revocationsFile: String?
        /// How old the revocation list may be.
        package var revocationsMaximumAge: Duration = .seconds(30 * 86400)
        /// Whether an older list refuses every certificate. Otherwise the agent warns.
        package var refusesStaleRevocations = false
    }

    /// The snapshot that the routes to peers are judged by.
    package struct Topology: Sendable, Equatable {
        package var file: String
        /// How old it may be.
        package var maximumAge: Duration
    }

    package struct Crypto: Sendable, Equatable {
        package var provider: AEADProvider.Wanted
        /// Best first; nil: all that this processor runs, best first.
        package var suites: [CipherSuite]?
    }

    /// Whether the instance metadata service is asked for facts of this instance, and where.
    package struct InstanceMetadata: Sendable, Equatable {
        package enum Use: String, CaseIterable, Sendable {
            /// On EC2, and where an endpoint is named. What is stated counts until there is an answer.
            case auto
            case off
            /// Always. Until there is an answer, no peer is eligible.
            case on
        }

        package var use: Use
        /// Nil: the service's own link-local addresses.
        package var endpoint: Endpoint?

        /// - Parameter hardwareVendor: who made this machine, as its firmware says.
        package func isAsked(hardwareVendor: String?) -> Bool {
            switch use {
            case .off: false
            case .on: true
            case .auto: endpoint != nil || Self.isOnEC2(hardwareVendor: hardwareVendor)
            }
        }

        /// As all instances say whose types encrypt; those on Xen, which say otherwise, do not.
        package static func isOnEC2(hardwareVendor: String?) -> Bool { hardwareVendor == "Amazon EC2" }
    }

    package var agent: Agent
    package var crypto: Crypto
    package var lanes: Lanes
    /// Complete: each offload has its setting.
    package var offloads: [Offload: OffloadSetting]
    package var fleetName: String
    /// Nil: certificates are not looked at.
    package var identity: Identity?
    /// What the operator states of this instance, its overlay addresses included.
    package var facts: Facts
    package var metadata: InstanceMetadata
    /// In the order of the file.
    package var peers: [PeerDefinition]
    package var policy: Policy
    /// Nil: nothing is known of routes.
    package var topology: Topology?
    package var session: Session
    package var logLevel: Logger.Level
    /// Nil: there is no audit log.
    package var auditLogPath: String?
    /// Where metrics are served over TCP; nil: nowhere.
    package var metricsListen: Endpoint?
    /// Where in the file the values stand.
    package var source: ConfigurationSource

    /// Whether certificates are checked, and peers are admitted without one all the same.
    package var believesWithoutCertificate: Bool { identity != nil && !policy.requiresCertificate }
}
