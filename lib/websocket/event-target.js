'use strict';

// How does a WebSocket look to code written for browsers? `addEventListener()`,
// the `on…` attributes and the event objects, on top of an EventEmitter.

const { CLOSE_RECEIVED, CLOSE_SENT } = require('../base/constants');

/** On a wrapper: the handler it was made for. */
const kHandler = Symbol('kHandler');
/** On a wrapper: whether it was set through an `on…` attribute. */
const kAttribute = Symbol('kAttribute');

/**
 * An event.
 */
class Event {
  #target = null;
  #type;

  /**
   * Create a new `Event`.
   *
   * @param {String} type The name of the event
   * @param {Object} [init] The values of the attributes
   * @param {*} [target=null] The object the event was dispatched to
   */
  constructor(type, init, target = null) {
    this.#type = type;
    this.#target = target;
  }

  /**
   * @type {*}
   */
  get target() {
    return this.#target;
  }

  /**
   * @type {String}
   */
  get type() {
    return this.#type;
  }
}

/**
 * The connection has ended.
 *
 * @extends Event
 */
class CloseEvent extends Event {
  #code;
  #reason;
  #wasClean;

  /**
   * Create a new `CloseEvent`.
   *
   * @param {String} type The name of the event
   * @param {Object} [init] The values of the attributes
   * @param {Number} [init.code=0] The status code
   * @param {String} [init.reason=''] The reason
   * @param {Boolean} [init.wasClean=false] Whether both sides sent a close frame
   * @param {*} [target=null] The object the event was dispatched to
   */
  constructor(type, init = {}, target = null) {
    super(type, init, target);

    const { code = 0, reason = '', wasClean = false } = init;

    this.#code = code;
    this.#reason = reason;
    this.#wasClean = wasClean;
  }

  /**
   * @type {Number}
   */
  get code() {
    return this.#code;
  }

  /**
   * @type {String}
   */
  get reason() {
    return this.#reason;
  }

  /**
   * @type {Boolean}
   */
  get wasClean() {
    return this.#wasClean;
  }
}

/**
 * Something went wrong.
 *
 * @extends Event
 */
class ErrorEvent extends Event {
  #error;
  #message;

  /**
   * Create a new `ErrorEvent`.
   *
   * @param {String} type The name of the event
   * @param {Object} [init] The values of the attributes
   * @param {*} [init.error=null] The error
   * @param {String} [init.message=''] Its message
   * @param {*} [target=null] The object the event was dispatched to
   */
  constructor(type, init = {}, target = null) {
    super(type, init, target);

    const { error = null, message = '' } = init;

    this.#error = error;
    this.#message = message;
  }

  /**
   * @type {*}
   */
  get error() {
    return this.#error;
  }

  /**
   * @type {String}
   */
  get message() {
    return this.#message;
  }
}

/**
 * A message has arrived.
 *
 * @extends Event
 */
class MessageEvent extends Event {
  #data;

  /**
   * Create a new `MessageEvent`.
   *
   * @param {String} type The name of the event
   * @param {Object} [init] The values of the attributes
   * @param {*} [init.data=null] The content
   * @param {*} [target=null] The object the event was dispatched to
   */
  constructor(type, init = {}, target = null) {
    super(type, init, target);

    const { data = null } = init;

    this.#data = data;
  }

  /**
   * @type {*}
   */
  get data() {
    return this.#data;
  }
}

makeEnumerable(Event, ['target', 'type']);
makeEnumerable(CloseEvent, ['code', 'reason', 'wasClean']);
makeEnumerable(ErrorEvent, ['error', 'message']);
makeEnumerable(MessageEvent, ['data']);

/** How each event object comes out of what the emitter passes to a listener. */
const EVENT_FROM = {
  close(ws, code, reason) {
    const clean = CLOSE_RECEIVED | CLOSE_SENT;
    const wasClean = (ws._$marks & clean) === clean;

    return new CloseEvent('close', { code, reason: reason.toString(), wasClean }, ws);
  },
  error(ws, error) {
    return new ErrorEvent('error', { error, message: error.message }, ws);
  },
  message(ws, data, isBinary) {
    return new MessageEvent('message', { data: isBinary ? data : data.toString() }, ws);
  },
  open(ws) {
    return new Event('open', undefined, ws);
  }
};

/**
 * Adds a handler for one of the four WHATWG events; other names are ignored.
 *
 * @param {EventEmitter} ws The WebSocket
 * @param {String} type The name of the event
 * @param {(Function|Object)} handler The handler, or an object with
 *     `handleEvent()`
 * @param {Object} how What kind of listener it is
 * @param {Boolean} how.attribute Whether it was set through an `on…` attribute
 * @param {Boolean} how.once Whether it is removed by its first call
 * @private
 */
function listen(ws, type, handler, { attribute, once }) {
  if (!Object.hasOwn(EVENT_FROM, type)) return;
  const eventFrom = EVENT_FROM[type];

  /**
   * Turns the arguments of the emitter into an event object.
   *
   * @param {*} first The first argument
   * @param {*} second The second argument
   */
  function wrapper(first, second) {
    callHandler(handler, this, eventFrom(this, first, second));
  }

  wrapper[kHandler] = handler;
  wrapper[kAttribute] = attribute;

  if (once) ws.once(type, wrapper);
  else ws.on(type, wrapper);
}

/**
 * Finds the wrapper of a handler.
 *
 * @param {EventEmitter} ws The WebSocket
 * @param {String} type The name of the event
 * @param {(Function|Object)} handler The handler
 * @return {(Function|undefined)} The wrapper
 * @private
 */
function wrapperOf(ws, type, handler) {
  return ws.listeners(type).find((fn) => fn[kHandler] === handler && !fn[kAttribute]);
}

/**
 * Finds the wrapper that an `on…` attribute has set.
 *
 * @param {EventEmitter} ws The WebSocket
 * @param {String} type The name of the event
 * @return {(Function|undefined)} The wrapper
 * @private
 */
function attributeWrapper(ws, type) {
  return ws.listeners(type).find((fn) => fn[kAttribute]);
}

/**
 * Calls a handler the way the DOM does.
 *
 * @param {(Function|Object)} handler The handler
 * @param {EventEmitter} ws The WebSocket, `this` of a function
 * @param {Event} event The event
 * @private
 */
function callHandler(handler, ws, event) {
  if (typeof handler === 'object' && handler.handleEvent) {
    handler.handleEvent(event);
  } else {
    handler.call(ws, event);
  }
}

/**
 * The methods a WebSocket gets.
 *
 * @mixin
 */
const EventTarget = {
  /**
   * Register an event listener.
   *
   * @param {String} type `'close'`, `'error'`, `'message'` or `'open'`
   * @param {(Function|Object)} handler The listener to add
   * @param {Object} [options] An options object
   * @param {Boolean} [options.once=false] Whether the listener is invoked at
   *     most once
   * @public
   */
  addEventListener(type, handler, options = {}) {
    if (wrapperOf(this, type, handler) !== undefined) return;

    const once = typeof options === 'object' && Boolean(options?.once);

    listen(this, type, handler, { attribute: false, once });
  },

  /**
   * Remove an event listener.
   *
   * @param {String} type The name of the event
   * @param {(Function|Object)} handler The listener to remove
   * @public
   */
  removeEventListener(type, handler) {
    const wrapper = wrapperOf(this, type, handler);

    if (wrapper !== undefined) this.removeListener(type, wrapper);
  }
};

/**
 * Gives a class `addEventListener()`, `removeEventListener()` and the `on…`
 * attributes.
 *
 * @param {Function} Class A class that extends EventEmitter
 * @private
 */
function mixin(Class) {
  Class.prototype.addEventListener = EventTarget.addEventListener;
  Class.prototype.removeEventListener = EventTarget.removeEventListener;

  for (const type of Object.keys(EVENT_FROM)) {
    Object.defineProperty(Class.prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get() {
        const wrapper = attributeWrapper(this, type);

        return wrapper === undefined ? null : wrapper[kHandler];
      },
      set(handler) {
        const wrapper = attributeWrapper(this, type);

        if (wrapper !== undefined) this.removeListener(type, wrapper);
        if (typeof handler !== 'function') return;

        listen(this, type, handler, { attribute: true, once: false });
      }
    });
  }
}

/**
 * Makes accessors show up in `for…in` and in inspectors, as they do in browsers.
 *
 * @param {Function} Class The class
 * @param {String[]} names The accessors
 * @private
 */
function makeEnumerable(Class, names) {
  for (const name of names) {
    Object.defineProperty(Class.prototype, name, { enumerable: true });
  }
}

module.exports = {
  CloseEvent,
  ErrorEvent,
  Event,
  MessageEvent,
  makeEnumerable,
  mixin
};
