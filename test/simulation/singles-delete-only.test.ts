import { describeSingles } from './describe-vendor.ts';

describeSingles('delete-only', 'under prompt');
