import { describeSingles } from './describe-vendor.ts';

describeSingles('delete-only', 'in other settings');
