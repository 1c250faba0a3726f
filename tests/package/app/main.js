import { open } from 'wadict';
const db = await open('app');
document.title = `visits ${await db.incr('visits')}`;
