/** The consumer groups of a stream, from XINFO STREAM FULL: where each is, who has what pending. */
import type { PublicReply } from '../client/reply-error.ts';
import { button, element, formatNumber } from './dom.ts';
import { arrayOf, bytesOf, fieldsOf, numberOf, textOf } from './inspect-reply.ts';
import { printable } from './reply-text.ts';

export interface PendingEntry {
  readonly id: string;
  readonly consumer: string;
  readonly deliveries: number;
}
export interface StreamGroup {
  readonly name: string;
  readonly lastDelivered: string;
  /** Entries that it was not given yet; null: nobody can tell. */
  readonly lag: number | null;
  readonly pendingCount: number;
  /** The first of them. */
  readonly pending: readonly PendingEntry[];
}

export const kPendingMost = 12;

export function decodeGroups(reply: PublicReply): StreamGroup[] {
  return arrayOf(fieldsOf(reply).get('groups')).map((group) => {
    const fields = fieldsOf(group);
    const lag = fields.get('lag') ?? null;
    return {
      name: printable(bytesOf(fields.get('name'))),
      lastDelivered: textOf(fields.get('last-delivered-id')),
      lag: lag === null ? null : numberOf(lag),
      pendingCount: numberOf(fields.get('pel-count')),
      pending: arrayOf(fields.get('pending')).map((row) => {
        const [id, consumer, , deliveries] = arrayOf(row);
        return {
          id: textOf(id),
          consumer: printable(bytesOf(consumer)),
          deliveries: numberOf(deliveries),
        };
      }),
    };
  });
}

/** `acknowledge` is told the name of the group and the id. */
export function drawGroups(
  groups: readonly StreamGroup[],
  acknowledge: (group: string, id: string) => void,
): HTMLElement[] {
  return groups.map(({ name, lastDelivered, lag, pendingCount, pending }) => {
    const left = lag === null ? '' : `, ${formatNumber(lag)} not delivered yet`;
    const rows = pending.map(({ id, consumer, deliveries }) =>
      element(
        'li',
        {},
        element('code', {}, id),
        element(
          'span',
          {},
          `${consumer}, delivered ${deliveries === 1 ? 'once' : `${deliveries} times`}`,
        ),
        button('Acknowledge', () => acknowledge(name, id), 'quiet'),
      ),
    );
    return element(
      'div',
      { class: 'group' },
      element('h4', {}, `Group ${name}`),
      element(
        'p',
        { class: 'hint' },
        `Last delivered: ${lastDelivered}${left}. ${formatNumber(pendingCount)} pending, ` +
          'until somebody acknowledges them.',
      ),
      element('ul', { 'aria-label': `Pending in ${name}` }, ...rows),
    );
  });
}
