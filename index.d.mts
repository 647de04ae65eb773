// The types of `import 'upshift'`: the names of index.d.ts.

import WebSocket from './index.js';

export default WebSocket;
export { WebSocket };

export import AddressInfo = WebSocket.AddressInfo;
export import CloseEvent = WebSocket.CloseEvent;
export import ConnectionOptions = WebSocket.ConnectionOptions;
export import Data = WebSocket.Data;
export import ErrorEvent = WebSocket.ErrorEvent;
export import Event = WebSocket.Event;
export import EventListenerOptions = WebSocket.EventListenerOptions;
export import Figures = WebSocket.Figures;
export import FrameOptions = WebSocket.FrameOptions;
export import HandshakeError = WebSocket.HandshakeError;
export import MessageEvent = WebSocket.MessageEvent;
export import DeflateParams = WebSocket.DeflateParams;
export import PerMessageDeflate = WebSocket.PerMessageDeflate;
export import RawData = WebSocket.RawData;
export import Receiver = WebSocket.Receiver;
export import ReceiverOptions = WebSocket.ReceiverOptions;
export import RequestUpgradeError = WebSocket.RequestUpgradeError;
export import RequestUpgradeOptions = WebSocket.RequestUpgradeOptions;
export import RequestedUpgrade = WebSocket.RequestedUpgrade;
export import SendOptions = WebSocket.SendOptions;
export import Sender = WebSocket.Sender;
export import Server = WebSocket.Server;
export import ServerOptions = WebSocket.ServerOptions;
export import Stats = WebSocket.Stats;
export import UpgradeOptions = WebSocket.UpgradeOptions;
export import VerifyClientCallbackAsync = WebSocket.VerifyClientCallbackAsync;
export import VerifyClientCallbackSync = WebSocket.VerifyClientCallbackSync;
export import WebSocketServer = WebSocket.WebSocketServer;
export import configure = WebSocket.configure;
export import createWebSocketStream = WebSocket.createWebSocketStream;
export import extension = WebSocket.extension;
export import reject = WebSocket.reject;
export import requestUpgrade = WebSocket.requestUpgrade;
export import stats = WebSocket.stats;
export import subprotocol = WebSocket.subprotocol;
export import upgrade = WebSocket.upgrade;
export import validateUpgrade = WebSocket.validateUpgrade;
